import { temporaryDirectory } from '@cynodeai/testing';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { removeTree } from '../src/machine/remove-tree.ts';

it('a folder with workspaces of jobs is removed as deep as it goes, without what its links lead to', async () => {
  const directory = await temporaryDirectory();
  const [tree, outside] = [join(directory.path, 'tree'), join(directory.path, 'outside')];
  mkdirSync(tree);
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'kept');
  symlinkSync(outside, join(tree, 'link'));
  const dig =
    'for (let i = 0; i < 10000; i += 1) { fs.mkdirSync("d"); process.chdir("d"); } fs.symlinkSync("/", "root")';
  execFileSync(process.execPath, ['--eval', dig], { cwd: tree });
  removeTree(tree);
  removeTree(tree);
  expect(existsSync(tree)).toBe(false);
  expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('kept');
  await directory.remove();
});
