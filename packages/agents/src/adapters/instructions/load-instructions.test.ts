import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadInstructions } from './load-instructions.ts';

let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  folder = await temporaryDirectory();
});
afterAll(() => folder.remove());

async function bundle(path: string, files: Readonly<Record<string, string>>): Promise<string> {
  const at = join(folder.path, path);
  await mkdir(at, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(at, name), text);
  return at;
}

describe('instructions', () => {
  it('of both roles come with the program, each with its own', async () => {
    const { project_manager: manager, project_analyst: analyst } = await loadInstructions();
    expect(manager.baseline).toContain('You are the Project Manager');
    expect(manager.role).toContain('sandbox_command');
    expect(analyst.baseline).toContain('You are a Project Analyst');
    expect(analyst.role).toContain('replace_command');
    expect(`${manager.baseline}${analyst.baseline}`).not.toMatch(/\[cynode/);
  });

  it('are read in the order of their names, without README.md and what is no Markdown', async () => {
    await bundle('one/project_manager', {
      '10_last.md': 'last',
      '02_tools.md': 'tools\n',
      '01_baseline.md': ' base\n',
      '03_none.md': '\n',
      'README.md': 'not this',
      'x.txt': 'nor this',
    });
    await bundle('one/project_analyst', { 'a.md': 'alone' });
    expect(await loadInstructions({ root: join(folder.path, 'one') })).toEqual({
      project_manager: { baseline: 'base', role: 'tools\n\nlast' },
      project_analyst: { baseline: 'alone', role: '' },
    });
  });

  it('that are missing, empty or the same for both end the start', async () => {
    const good = await bundle('good', { 'a.md': 'a' });
    const other = await bundle('other', { 'a.md': 'b' });
    const empty = await bundle('empty', { 'README.md': 'a' });
    const missing = join(folder.path, 'missing');
    const same = join(folder.path, 'same');
    await symlink(good, same);
    const load = (projectManager: string, projectAnalyst: string) =>
      loadInstructions({ projectManager, projectAnalyst });
    await expect(load(missing, good)).rejects.toThrow(/project_manager .*missing.*ENOENT/);
    await expect(load(good, missing)).rejects.toThrow(/project_analyst .*missing.*ENOENT/);
    await expect(load(good, empty)).rejects.toThrow(/project_analyst .*are empty/);
    await expect(load(good, good)).rejects.toThrow('have the same instructions');
    await expect(load(good, same)).rejects.toThrow('have the same instructions');
    expect((await load(good, other)).project_analyst.baseline).toBe('b');
  });
});
