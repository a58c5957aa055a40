import { type PackedEntry, packTree } from '@cynodeai/runtime/archive';
import { runCommand } from '@cynodeai/runtime/process';
import { uuidv7 } from '@cynodeai/runtime/std';
import { waitFor } from '@cynodeai/testing';
import { createHash } from 'node:crypto';
import {
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileWorkspace } from '../../src/adapters/workspace/file-workspace.ts';
import { FolderCache } from '../../src/adapters/workspace/folder-cache.ts';
import { JobUsers } from '../../src/adapters/workspace/job-users.ts';
import { type LayerMounts, hostLayerMounts } from '../../src/adapters/workspace/layer-mounts.ts';
import { removeTree } from '../../src/adapters/container/shared/remove-tree.ts';
import type { WorkspaceStore } from '../../src/ports/workspace.ts';

const open = (): boolean => true;

function fileOf(path: string, text = path, executable = false): PackedEntry {
  const bytes = Buffer.from(text);
  const reader = () => {
    let at = 0;
    return {
      read: (into: Buffer, offset: number, length: number) => {
        const count = bytes.copy(into, offset, at, at + length);
        at += count;
        return count;
      },
      close: () => {},
    };
  };
  const sizeBytes = bytes.length;
  return {
    type: 'file',
    name: path,
    mtimeSeconds: 1_700_000_000,
    sizeBytes,
    executable,
    open: reader,
  };
}

interface Folder {
  readonly name: string;
  readonly archive: Buffer;
}

async function folderOf(...entries: readonly PackedEntry[]): Promise<Folder> {
  const archive = await buffer(packTree(entries));
  return { archive, name: `sha256:${createHash('sha256').update(archive).digest('hex')}` };
}

/** Whether this machine lets root make such mounts, which some do not in a container. */
async function canMount(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const dir = await mkdtemp(join(tmpdir(), 'cynode-layers-'));
  const works = await hostLayerMounts.works(dir);
  await rm(dir, { recursive: true });
  return works;
}
const mountsWork = await canMount();

describe('folders that a node keeps', () => {
  let root: string;
  let store: WorkspaceStore;
  const cacheDir = () => join(root, '.folders-n1');
  const make = (mounts: LayerMounts = hostLayerMounts): WorkspaceStore =>
    createFileWorkspace({
      mountRoot: root,
      nodeSlug: 'n1',
      removeTree,
      // Only root gives files away.
      ...(process.getuid?.() === 0 && { users: new JobUsers(1_234_567, 8) }),
      mounts,
    });
  const stage = (job: string, { name, archive }: Folder): Promise<void> =>
    store.stageFolder(job, name, Readable.from([archive]), open);
  const kept = async (): Promise<readonly string[]> =>
    (await readdir(cacheDir()).catch(() => [])).filter((name) => /^[0-9a-f]{64}$/.test(name));
  /** As the user of a job. */
  const as = async (uid: number, cwd: string, script: string): Promise<string> => {
    const { stdout, stderr } = await runCommand(
      'setpriv',
      [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'sh', '-c', script],
      { cwd },
    );
    return stdout + stderr;
  };
  const mountsBelow = async (): Promise<readonly string[]> =>
    (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((l) => l.includes(root));

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'cynode-kept-'));
    store = make();
  });
  afterEach(async () => {
    for (const job of await store.removeStrays()) await store.remove(job);
    expect(await mountsBelow()).toEqual([]);
    await rm(root, { recursive: true });
  });

  it('are none where layers cannot be had: each is unpacked for its job alone', async () => {
    store = make({ ...hostLayerMounts, works: async () => false });
    const folder = await folderOf(fileOf('a'));
    const job = uuidv7();
    await stage(job, folder);
    expect(await store.reuseFolder(uuidv7(), folder.name, open)).toBe(false);
    const { workspaceDir, writtenDirs } = await store.create(job, [], folder.name);
    expect(await readdir(workspaceDir)).toEqual(['a']);
    expect(writtenDirs).toBeUndefined();
    expect(await readdir(root)).toEqual([job]);
  });

  if (mountsWork) {
    it('are seen by each job as its own, and changed by none', async () => {
      const folder = await folderOf(
        fileOf('Makefile', 'all:'),
        fileOf('bin/run', 'x', true),
        { type: 'link', name: 'to', target: 'bin/run', mtimeSeconds: 1 },
        { type: 'folder', name: 'empty', mtimeSeconds: 0 },
      );
      const [first, second] = [uuidv7(), uuidv7()];
      expect(await store.reuseFolder(first, folder.name, open)).toBe(false);
      await stage(first, folder);
      const one = await store.create(
        first,
        [
          { path: 'upload/x', content_base64: 'eA==' },
          { path: '.cynode/script', content_base64: '' },
        ],
        folder.name,
      );
      expect(await store.reuseFolder(second, folder.name, open)).toBe(true);
      const two = await store.create(second, [], folder.name);
      const [uid, other] = [one.user?.uid ?? 0, two.user?.uid ?? 0];
      expect(uid).not.toBe(other);
      for (const [dir, owner] of [
        [one.workspaceDir, uid],
        [two.workspaceDir, other],
      ] as const) {
        for (const path of ['', 'Makefile', 'bin', 'bin/run', 'to', 'empty']) {
          const found = await lstat(join(dir, path));
          expect([found.uid, found.gid], path).toEqual([owner, owner]);
        }
        expect((await stat(join(dir, 'Makefile'))).mtimeMs).toBe(1_700_000_000_000);
        expect((await stat(join(dir, 'bin/run'))).mode & 0o777).toBe(0o755);
      }
      const change =
        'echo more >> Makefile && chmod 600 bin/run && mv bin moved && rm to && rmdir empty && touch -d @5 moved/run && ln Makefile hard && ls';
      expect(await as(uid, one.workspaceDir, change)).toBe('Makefile\nhard\nmoved\nupload\n');
      expect((await readdir(two.workspaceDir)).toSorted()).toEqual([
        'Makefile',
        'bin',
        'empty',
        'to',
      ]);
      expect(await readFile(join(two.workspaceDir, 'Makefile'), 'utf8')).toBe('all:');
      // What it took of the disk is what it changed.
      expect(one.writtenDirs).toEqual([join(root, first, 'upper'), join(root, first, 'job')]);
      expect(await store.find(first)).toEqual(one);
      await store.remove(first);
      await store.remove(second);
      expect(await kept()).toEqual([folder.name.slice(7)]);
      const third = uuidv7();
      expect(await store.reuseFolder(third, folder.name, open)).toBe(true);
      const three = await store.create(third, [], folder.name);
      expect(await readFile(join(three.workspaceDir, 'Makefile'), 'utf8')).toBe('all:');
    });

    it('let nothing that comes with a job take the place of what is in them', async () => {
      const folder = await folderOf(fileOf('upload/a', 'mine'), fileOf('b'), {
        type: 'link',
        name: 'out',
        target: tmpdir(),
        mtimeSeconds: 1,
      });
      for (const path of ['upload/a', 'upload', 'b', 'b/c', 'out', 'out/new']) {
        const job = uuidv7();
        await stage(job, folder);
        const inline = store.create(job, [{ path, content_base64: 'eA==' }], folder.name);
        await expect(inline, path).rejects.toMatchObject({ code: 'validation' });
        await stage(job, folder);
        await store.stage(job, { path }, packTree([]), open);
        const staged = store.create(job, [], folder.name);
        await expect(staged, path).rejects.toMatchObject({ code: 'validation' });
      }
      const job = uuidv7();
      await stage(job, folder);
      await store.stage(job, { path: 'upload/big' }, packTree([]), open);
      const files = [{ path: 'upload/c', content_base64: '' }];
      const { workspaceDir } = await store.create(job, files, folder.name);
      expect((await readdir(join(workspaceDir, 'upload'))).toSorted()).toEqual(['a', 'big', 'c']);
    });

    it('are what their names say', async () => {
      const { name } = await folderOf(fileOf('a'));
      const job = uuidv7();
      for (const content of [packTree([fileOf('b')]), packTree([])]) {
        const wrong = store.stageFolder(job, name, content, open);
        await expect(wrong).rejects.toMatchObject({ code: 'validation' });
      }
      const cut = async function* (): AsyncGenerator<Buffer> {
        yield (await folderOf(fileOf('a'))).archive.subarray(0, 700);
        throw new Error('cut off');
      };
      await expect(store.stageFolder(job, name, cut(), open)).rejects.toThrow('cut off');
      expect(await kept()).toEqual([]);
      expect(await store.reuseFolder(job, name, open)).toBe(false);
      expect((await readdir(root)).filter((entry) => entry.includes(job))).toEqual([]);
    });

    it('are there after a restart of the node, with what jobs hold of them; not after one of the machine', async () => {
      const [folder, other] = [await folderOf(fileOf('a')), await folderOf(fileOf('b'))];
      const [first, second, third] = [uuidv7(), uuidv7(), uuidv7()];
      await stage(first, folder);
      const { workspaceDir } = await store.create(first, [], folder.name);
      await stage(second, other);
      await stage(third, await folderOf(fileOf('c')));
      await store.remove(third);
      // A process that was killed had got so far.
      await mkdir(join(cacheDir(), 'draft-x/tree'), { recursive: true });
      store = make();
      expect(await store.makeRoom()).toBe(true);
      expect((await kept()).toSorted()).toEqual(
        [folder, other].map(({ name }) => name.slice(7)).toSorted(),
      );
      expect(await readdir(workspaceDir)).toEqual(['a']);
      const { workspaceDir: dir } = await store.create(second, [], other.name);
      expect(await readdir(dir)).toEqual(['b']);
      await store.remove(first);
      await store.remove(second);
      await writeFile(join(cacheDir(), 'boot'), 'another');
      store = make();
      expect(await store.reuseFolder(uuidv7(), folder.name, open)).toBe(false);
      expect(await kept()).toEqual([]);
    });

    it('go, the oldest first, where there is no room; what a job has stays', async () => {
      const folders = await Promise.all(['a', 'b', 'c'].map((name) => folderOf(fileOf(name))));
      const jobs = folders.map(() => uuidv7());
      for (const [index, folder] of folders.entries()) await stage(jobs[index] ?? '', folder);
      expect(await store.makeRoom()).toBe(false);
      await store.remove(jobs[1] ?? '');
      expect(await store.makeRoom()).toBe(true);
      expect(await kept()).toHaveLength(2);
      expect(await store.reuseFolder(uuidv7(), folders[1]?.name ?? '', open)).toBe(false);
      for (const job of jobs) await store.remove(job);
      expect(await store.makeRoom()).toBe(true);
      expect(await kept()).toEqual([]);
    });

    it('are so many at most, and of so many bytes', async () => {
      const dir = cacheDir();
      const holders = async (): Promise<ReadonlyMap<string, string>> => new Map();
      const options = { dir, mounts: hostLayerMounts, removeTree, holders };
      const limits = { bytes: 40_000, entries: 3, freeShare: 0.1 };
      const cache = new FolderCache({ ...options, limits });
      const name = (index: number): string => `sha256:${String(index).padStart(64, '0')}`;
      const keep = async (index: number, bytes: number): Promise<void> => {
        const tree = (await cache.draft()) ?? '';
        await cache.keep(tree, name(index), { bytes, entries: 1 }, 'job');
      };
      const left = async (): Promise<readonly number[]> =>
        (await kept()).map(Number).toSorted((a, b) => a - b);
      for (const index of [1, 2, 3, 4]) await keep(index, 100);
      await waitFor(async () => (await left()).length === 3);
      expect(await left()).toEqual([2, 3, 4]);
      // What was used again is not the oldest any more.
      await cache.hold(name(2), 'job');
      await keep(5, 30_000);
      await waitFor(async () => (await left()).length === 2);
      expect(await left()).toEqual([2, 5]);
      // One that is larger than all may be stays as long as somebody has it.
      await keep(6, 50_000);
      await waitFor(async () => (await left()).length === 1);
      expect(await left()).toEqual([6]);
      cache.release('job');
      await waitFor(async () => (await left()).length === 0);
    });

    it('go when nobody used them for a day', async () => {
      const [old, used] = [await folderOf(fileOf('a')), await folderOf(fileOf('b'))];
      for (const folder of [old, used]) {
        const job = uuidv7();
        await stage(job, folder);
        await store.remove(job);
      }
      const before = new Date();
      await store.removeStaged(before);
      expect(await kept()).toHaveLength(2);
      const aDayEarlier = new Date(before.getTime() - 86_400_000);
      await utimes(join(cacheDir(), old.name.slice(7)), aDayEarlier, aDayEarlier);
      store = make();
      await store.removeStaged(before);
      expect(await kept()).toEqual([used.name.slice(7)]);
    });

    it('that come for many jobs at once are kept once', async () => {
      const folder = await folderOf(fileOf('a'));
      const jobs = Array.from({ length: 6 }, () => uuidv7());
      await Promise.all(jobs.map((job) => stage(job, folder)));
      const made = await Promise.all(jobs.map((job) => store.create(job, [], folder.name)));
      for (const { workspaceDir } of made) expect(await readdir(workspaceDir)).toEqual(['a']);
      await Promise.all(jobs.map((job) => store.remove(job)));
      await waitFor(async () => (await kept()).length === 1);
      expect(await readdir(root)).toEqual(['.folders-n1']);
    });
  }
});
