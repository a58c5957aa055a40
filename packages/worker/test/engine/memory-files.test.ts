import { chownSync, mkdirSync, readdirSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import process from 'node:process';
import { temporaryDirectory } from '@cynodeai/testing';
import { expect, it } from 'vitest';
import { memoryFiles } from '../../src/adapters/secrets/memory-files.ts';

const secrets = [{ name: 'A', value: 'a value of it' }];
const folders = (): string[] =>
  readdirSync('/dev/shm').filter((name) => name.startsWith('cynode-secrets-'));

it('makes a folder in memory that is gone with its last job, and trusts none of somebody else', async () => {
  await using dir = await temporaryDirectory();
  const before = new Set(folders());
  const files = memoryFiles({ stateDir: dir.path, nodeSlug: 'n' });
  const path = await files.write('job', secrets, undefined);
  expect(readdirSync(path)).toEqual(['A']);
  await files.remove('job');
  const folder = path.slice(0, -'/job'.length);
  expect(folders().filter((name) => !before.has(name))).not.toContain(folder.split('/').at(-1));
  symlinkSync(dir.path, folder);
  await expect(files.write('job', secrets, undefined)).rejects.toMatchObject({
    code: 'node_policy_refused',
  });
  unlinkSync(folder);
  if (process.getuid?.() !== 0) return;
  mkdirSync(folder);
  chownSync(folder, 65_533, 65_533);
  await expect(files.write('job', secrets, undefined)).rejects.toMatchObject({
    code: 'node_policy_refused',
  });
  rmdirSync(folder);
});
