import { uuidv7 } from '@cynodeai/runtime/std';
import fc from 'fast-check';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileWorkspace } from '../../src/adapters/workspace/file-workspace.ts';
import { JobUsers } from '../../src/adapters/workspace/job-users.ts';
import { layOver } from '../../src/adapters/workspace/lay-over.ts';
import type { WorkspaceStore } from '../../src/ports/workspace.ts';

const removeTree = (path: string): Promise<void> => rm(path, { recursive: true, force: true });
const text = (content: string) => Buffer.from(content).toString('base64');
const file = (path: string, content = path) => ({ path, content_base64: text(content) });

/** A tree as paths: the text of a file, `-> target` of a link, `/` of a folder. */
type Tree = Readonly<Record<string, string>>;

function makeTree(root: string, tree: Tree): void {
  for (const [path, what] of Object.entries(tree)) {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    if (what === '/') mkdirSync(place, { recursive: true });
    else if (what.startsWith('-> ')) symlinkSync(what.slice(3), place);
    else writeFileSync(place, what);
  }
}

function treeOf(root: string, below = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) Object.assign(found, { [path]: '/' }, treeOf(root, path));
    else if (entry.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(root, path))}`;
    else found[path] = readFileSync(join(root, path), 'utf8');
  }
  return found;
}

describe('a kept workspace on disk', () => {
  let root: string;
  let store: WorkspaceStore;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'cynode-kept-'));
    store = createFileWorkspace({ mountRoot: join(root, 'mounts'), nodeSlug: 'n1', removeTree });
    await store.check();
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const kept = (id: string, mustExist = false) => ({ id, mustExist });

  it('is the same folder for every job, and goes with none', async () => {
    const id = uuidv7();
    const [first, second] = [uuidv7(), uuidv7()];
    const one = await store.create(first, [file('.cynode/script')], undefined, kept(id));
    writeFileSync(join(one.workspaceDir, 'made'), 'by the first');
    expect(await store.find(first)).toMatchObject({
      workspaceDir: one.workspaceDir,
      keptId: id,
    });
    await store.remove(first);
    const files = [file('.cynode/commands.sh'), file('upload/a')];
    const two = await store.create(second, files, undefined, kept(id, true));
    expect(two.workspaceDir).toBe(one.workspaceDir);
    expect(two.keptId).toBe(id);
    expect(treeOf(two.workspaceDir)).toEqual({
      '.cynode': '/',
      '.cynode/commands.sh': '.cynode/commands.sh',
      made: 'by the first',
      upload: '/',
      'upload/a': 'upload/a',
    });
    expect(await store.removeStrays()).toEqual([second]);
    expect(await store.keptIds()).toEqual([id]);
    expect(treeOf(two.workspaceDir)['made']).toBe('by the first');
  });

  it('tells of a job whose container nobody saw go', async () => {
    const id = uuidv7();
    const first = uuidv7();
    expect(await store.keptHolder(id)).toBeUndefined();
    await store.create(first, [], undefined, kept(id));
    expect(await store.keptHolder(id)).toBe(first);
    await store.releaseKept(id);
    await store.releaseKept(id);
    expect(await store.keptHolder(id)).toBeUndefined();
  });

  it('is not made in place of one that is lost', async () => {
    const id = uuidv7();
    const job = uuidv7();
    const lost = store.create(job, [], undefined, kept(id, true));
    await expect(lost).rejects.toMatchObject({ code: 'workspace_lost' });
    expect(await store.keptIds()).toEqual([]);
    expect(readdirSync(join(root, 'mounts'))).toEqual([]);
  });

  it('is removed at once and whatever is in it, also when that was cut off', async () => {
    const id = uuidv7();
    const { workspaceDir } = await store.create(uuidv7(), [], undefined, kept(id));
    makeTree(workspaceDir, { 'a/b/c': 'x' });
    expect(await store.removeKept(id)).toBe(true);
    expect(await store.removeKept(id)).toBe(false);
    expect(await store.keptIds()).toEqual([]);
    const parent = dirname(dirname(workspaceDir));
    expect(existsSync(parent)).toBe(false);
    makeTree(parent, { [`.old-${id}/content/x`]: 'x' });
    await store.removeStrays(() => true);
    expect(existsSync(parent)).toBe(false);
  });

  it('is open to the node again where a job had shut it', async () => {
    const id = uuidv7();
    const { workspaceDir } = await store.create(uuidv7(), [], undefined, kept(id));
    makeTree(workspaceDir, { 'upload/old': 'x' });
    chmodSync(join(workspaceDir, 'upload'), 0o000);
    chmodSync(workspaceDir, 0o000);
    await store.create(uuidv7(), [file('upload/new')], undefined, kept(id, true));
    expect(statSync(workspaceDir).mode & 0o777).toBe(0o700);
    expect(treeOf(workspaceDir)['upload/new']).toBe('upload/new');
  });

  // Only root can give files to others.
  if (process.getuid?.() === 0) {
    it('belongs to the user of each job, the same one where that is free', async () => {
      const users = new JobUsers(1_800_000_000, 65_536);
      const mountRoot = join(root, 'mounts');
      const own = createFileWorkspace({ mountRoot, nodeSlug: 'n1', removeTree, users });
      const id = uuidv7();
      const first = uuidv7();
      const one = await own.create(first, [], undefined, kept(id));
      makeTree(one.workspaceDir, { 'a/b': 'x', link: '-> /etc/passwd' });
      await own.remove(first);
      const two = await own.create(uuidv7(), [file('f')], undefined, kept(id, true));
      expect(two.user?.uid).toBe(one.user?.uid);
      const three = await own.create(uuidv7(), [], undefined, kept(id, true));
      expect(three.user?.uid).not.toBe(one.user?.uid);
      for (const path of ['', 'a', 'a/b', 'f', 'link']) {
        expect(lstatSync(join(three.workspaceDir, path)).uid).toBe(three.user?.uid);
      }
      expect(statSync('/etc/passwd').uid).toBe(0);
    });
  }

  it.each<[string, Tree]>([
    ['a link in place of a folder', { upload: '-> ../../../../outside' }],
    ['a link in place of the file', { 'upload/a': '-> ../../../../../outside/target' }],
    ['a link of its own folder', { '.cynode': '-> ../../../../outside' }],
    ['a folder in place of the file', { 'upload/a/b': 'x' }],
    ['a file in place of the folder', { upload: 'x' }],
    ['a link that leads nowhere', { upload: '-> nowhere' }],
  ])('gets its files through nothing that a job has left: %s', async (_what, left) => {
    makeTree(root, { 'outside/target': 'untouched' });
    const id = uuidv7();
    const { workspaceDir } = await store.create(uuidv7(), [], undefined, kept(id));
    makeTree(workspaceDir, left);
    const files = [file('upload/a'), file('.cynode/script')];
    await store.create(uuidv7(), files, undefined, kept(id, true));
    expect(treeOf(workspaceDir)).toEqual({
      '.cynode': '/',
      '.cynode/script': '.cynode/script',
      upload: '/',
      'upload/a': 'upload/a',
    });
    expect(treeOf(join(root, 'outside'))).toEqual({ target: 'untouched' });
  });

  /** A path and all folders on the way to it. */
  const prefixes = (at: string): string[] =>
    at.split('/').map((_, index, all) => all.slice(0, index + 1).join('/'));

  const name = fc.constantFrom('a', 'b', 'c');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const what = fc.constantFrom('text', '/', '-> ../outside', '-> a', '-> ../../../outside/target');

  /** Entries of a tree that can exist beside one another: nothing lies below what is no folder. */
  const treeArbitrary = fc.dictionary(path, what, { maxKeys: 6 }).map((wanted) => {
    const tree: Record<string, string> = {};
    for (const [place, is] of Object.entries(wanted)) {
      const clashes =
        prefixes(place)
          .slice(0, -1)
          .some((parent) => parent in tree && tree[parent] !== '/') ||
        Object.keys(tree).some((other) => other.startsWith(`${place}/`) && is !== '/');
      if (!clashes) tree[place] = is;
    }
    return tree;
  });

  it('has of two trees what was laid over, and of the other what that left alone', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(treeArbitrary, treeArbitrary, async (old, laid) => {
        const place = join(root, `round-${(round += 1)}`);
        makeTree(place, { 'outside/target': 'untouched', to: '/', from: '/' });
        makeTree(join(place, 'to'), old);
        makeTree(join(place, 'from'), laid);
        const [before, over] = [treeOf(join(place, 'to')), treeOf(join(place, 'from'))];
        await layOver(join(place, 'from'), join(place, 'to'), removeTree);
        const stays = (at: string): boolean =>
          prefixes(at).every((one) => !(one in over) || (over[one] === '/' && before[one] === '/'));
        const expected = {
          ...Object.fromEntries(Object.entries(before).filter(([at]) => stays(at))),
          ...over,
        };
        expect(treeOf(join(place, 'to'))).toEqual(expected);
        expect(treeOf(join(place, 'outside'))).toEqual({ target: 'untouched' });
        expect(existsSync(join(place, 'from'))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
