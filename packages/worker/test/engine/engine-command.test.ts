import { mkdtemp, readdir, rm, symlink, unlink, readlink, mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '@cynodeai/runtime/std';
import { type CommandResult, mustRun, runCommand } from '@cynodeai/runtime/process';
import { testImage, testImageArchive } from '../support/test-image.ts';

const program = fileURLToPath(new URL('../../src/processes/engine.ts', import.meta.url));
let base: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'cynode-command-'));
});

afterAll(async () => {
  await engine(['reset']);
  await rm(base, { recursive: true, force: true });
});

function engine(args: readonly string[], runDir = 'run'): Promise<CommandResult> {
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    CYNODE_STATE_DIR: join(base, 'state'),
    CYNODE_RUN_DIR: join(base, runDir),
  };
  return runCommand(process.execPath, [program, ...args], { env });
}

async function podman(args: readonly string[], runDir?: string): Promise<string> {
  const { stdout } = await engine(['run-flags'], runDir);
  const [path, ...flags] = parseJson(stdout) as string[];
  return mustRun(path ?? '', [...flags, ...args]);
}

describe('the engine command', () => {
  it('makes nothing to clean or reset where there is no engine', async () => {
    expect(await engine(['clean'])).toMatchObject({ exitCode: 0 });
    expect(await engine(['reset'])).toMatchObject({ exitCode: 0 });
    expect(await readdir(base)).toStrictEqual([]);
  });

  it('probes once and tells facts, flags and problems', async () => {
    const first = await engine(['probe']);
    expect(first.exitCode).toBe(0);
    const found = parseJson(first.stdout);
    expect(found).toMatchObject({ facts: { runtime: 'podman' }, problems: expect.any(Array) });
    const profile = join(base, 'state', 'engine', 'profile.json');
    const { ino, mtimeMs } = await stat(profile);
    const second = await engine(['probe']);
    expect(parseJson(second.stdout)).toStrictEqual(found);
    // A probe would have written what it found anew.
    expect(await stat(profile)).toMatchObject({ ino, mtimeMs });
  });

  it('imports an image with its settings and knows it afterwards', async () => {
    expect(await engine(['has-image', testImage])).toMatchObject({ exitCode: 1 });
    const archive = await testImageArchive();
    const flags = ['--env', 'A=b c=d', '--label', 'io.cynodeai.x=y z', '--workdir', '/workspace'];
    expect(await engine(['import-image', archive, testImage, ...flags])).toMatchObject({
      exitCode: 0,
    });
    expect(await engine(['has-image', testImage])).toMatchObject({ exitCode: 0 });
    const config: unknown = parseJson(
      await podman(['image', 'inspect', '--format={{json .Config}}', testImage]),
    );
    expect(config).toMatchObject({
      Env: ['A=b c=d'],
      Labels: { 'io.cynodeai.x': 'y z' },
      WorkingDir: '/workspace',
    });
  });

  it('keeps images and drops containers when the run folder is another, as after a reboot', async () => {
    await podman(['create', '--name=stray', '--network=none', testImage, 'true']);
    const link = join(base, 'state', 'engine', 'storage', 'overlay', 'libpod');
    const target = await readlink(link).catch(() => '');
    if (target === '') return;
    // What an earlier boot would have left: another folder name, and nothing in it.
    await unlink(link);
    await symlink(join(base, 'run', 'deadbeef', basename(target)), link);
    await rm(dirname(target), { recursive: true });
    expect(await engine(['has-image', testImage])).toMatchObject({ exitCode: 0 });
    expect(await podman(['ps', '--all', '--external', '--quiet'])).toBe('');
    // The same boot, another folder: what runs under the old one is ended.
    await podman(['create', '--name=stray', '--network=none', testImage, 'true']);
    expect(await engine(['has-image', testImage], 'run-2')).toMatchObject({ exitCode: 0 });
    expect(await podman(['ps', '--all', '--external', '--quiet'], 'run-2')).toBe('');
    await engine(['has-image', testImage]);
  });

  it('removes the containers of one node, or of all', async () => {
    for (const slug of ['a', 'b']) {
      const label = `--label=io.cynodeai.node_slug=${slug}`;
      await podman(['create', `--name=of-${slug}`, label, '--network=none', testImage, 'true']);
    }
    expect(await engine(['clean', '--slug', 'a'])).toMatchObject({ exitCode: 0, stdout: 'of-a\n' });
    expect(await podman(['ps', '--all', '--format={{.Names}}'])).toBe('of-b\n');
    expect(await engine(['clean'])).toMatchObject({ exitCode: 0 });
    expect(await podman(['ps', '--all', '--quiet'])).toBe('');
  });

  it.each([
    [[]],
    [['frobnicate']],
    [['has-image']],
    [['import-image', 'x']],
    [['import-image', 'x', 'y', '--env', 'no-value']],
    [['probe', '--nope']],
  ])('explains itself when it is called with %j', async (args) => {
    const result = await engine(args);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain('Usage: engine.ts COMMAND');
  });

  it('says what is wrong with an archive', async () => {
    const result = await engine(['import-image', '/nonexistent.tar', 'localhost/x:latest']);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('localhost/x:latest could not be imported');
  });

  it('says that a path cannot be used, and how to mend it', async () => {
    await mkdir(join(base, 'odd'));
    const result = await engine(['probe'], 'odd:dir');
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('CYNODE_RUN_DIR');
  });

  it('resets to nothing', async () => {
    expect(await engine(['reset'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await readdir(join(base, 'state'))).toStrictEqual([]);
    const mounts = await mustRun('cat', ['/proc/self/mountinfo']);
    expect(mounts).not.toContain(base);
  });
});
