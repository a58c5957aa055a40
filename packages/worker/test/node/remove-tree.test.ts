import { temporaryDirectory } from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { execFile } from 'node:child_process';
import {
  access,
  chmod,
  link,
  mkdir,
  readFile,
  readdir,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../src/adapters/container/shared/remove-tree.ts';

const swapper = fileURLToPath(new URL('support/swapper.ts', import.meta.url));
const precious = 50;

let base: string;
let tree: string;
let outside: string;
let removeBase: () => Promise<void>;

beforeEach(async () => {
  const directory = await temporaryDirectory();
  base = directory.path;
  removeBase = () => directory.remove();
  tree = join(base, 'tree');
  outside = join(base, 'outside');
  await mkdir(tree);
  await mkdir(join(outside, 'folder'), { recursive: true });
  for (let i = 0; i < precious; i += 1) await writeFile(join(outside, `file-${i}`), 'kept');
  await writeFile(join(outside, 'folder/file'), 'kept');
});
afterEach(() => removeBase());

async function outsideIsWhole(): Promise<void> {
  expect(await readdir(outside)).toHaveLength(precious + 1);
  expect(await readFile(join(outside, 'folder/file'), 'utf8')).toBe('kept');
}

const isGone = (): Promise<void> => expect(access(tree)).rejects.toThrow('ENOENT');

describe('the tree of a hostile job', () => {
  it('is removed without what its links lead to', async () => {
    await mkdir(join(tree, 'a/b'), { recursive: true });
    await symlink(outside, join(tree, 'a/folder'));
    await symlink(join(outside, 'file-1'), join(tree, 'a/b/file'));
    await symlink('/', join(tree, 'root'));
    await symlink('../..', join(tree, 'a/b/up'));
    await symlink('loop', join(tree, 'loop'));
    await symlink('/nowhere', join(tree, 'dangling'));
    await link(join(outside, 'file-2'), join(tree, 'hard'));
    await removeTree(tree);
    await isGone();
    await outsideIsWhole();
  });

  it('that is a link itself is removed as a link', async () => {
    await removeTree(tree);
    await symlink(outside, tree);
    await removeTree(tree);
    await isGone();
    await outsideIsWhole();
  });

  it('loses nothing of others while folders become links under the hand that removes them', async () => {
    for (let round = 0; round < 20; round += 1) {
      for (let i = 0; i < 20; i += 1) {
        await mkdir(join(tree, `d${i}/e`), { recursive: true });
        await writeFile(join(tree, `d${i}/file-${i}`), '');
      }
      const racing = Child.ofScript(swapper, [tree, outside], { input: { open: true } });
      await racing.printed('ready');
      // What is put back meanwhile may be left; that is said, and goes afterwards.
      await removeTree(tree).catch(() => {});
      racing.end();
      await racing.outcome;
      await outsideIsWhole();
      await removeTree(tree);
      await isGone();
      await mkdir(tree);
    }
  });

  it('may be ten thousand levels deep', async () => {
    const dig =
      'for (let i = 0; i < 10000; i += 1) { fs.mkdirSync("d"); process.chdir("d"); } fs.writeFileSync("end", "")';
    await promisify(execFile)(process.execPath, ['--eval', dig], { cwd: tree });
    await removeTree(tree);
    await isGone();
  });

  it('may have folders that nobody may enter, and names of any kind', async () => {
    for (const name of ['-rf', '--', ' ', 'a\nb', '*', '\u202e', 'x'.repeat(255)]) {
      await mkdir(join(tree, name));
      await writeFile(join(tree, name, name), '');
    }
    // Root enters them all the same; everybody else needs the root of the engine.
    await chmod(join(tree, 'a\nb'), process.getuid?.() === 0 ? 0 : 0o700);
    await chmod(tree, 0o700);
    await removeTree(tree);
    await isGone();
  });
});
