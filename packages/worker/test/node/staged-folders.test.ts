import { type PackedEntry, packTree } from '@cynodeai/runtime/archive';
import { uuidv7 } from '@cynodeai/runtime/std';
import {
  chmod,
  lstat,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import fc from 'fast-check';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileWorkspace } from '../../src/adapters/workspace/file-workspace.ts';
import { JobUsers } from '../../src/adapters/workspace/job-users.ts';
import type { WorkspaceStore } from '../../src/ports/workspace.ts';

const open = (): boolean => true;
const name = `sha256:${'a'.repeat(64)}`;
const mtimeSeconds = 1_700_000_000;

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
  return {
    type: 'file',
    name: path,
    mtimeSeconds,
    sizeBytes: bytes.length,
    executable,
    open: reader,
  };
}

const linkOf = (path: string, target: string): PackedEntry => ({
  type: 'link',
  name: path,
  target,
  mtimeSeconds,
});

describe('a staged folder', () => {
  let root: string;
  let outside: string;
  let store: WorkspaceStore;
  let job: string;
  const workspace = (users?: JobUsers): WorkspaceStore =>
    createFileWorkspace({
      mountRoot: root,
      nodeSlug: 'n1',
      removeTree: (path) => rm(path, { recursive: true, force: true }),
      ...(users && { users }),
    });
  const stage = (entries: readonly PackedEntry[], stillOpen = open): Promise<void> =>
    store.stageFolder(job, name, packTree(entries), stillOpen);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'cynode-folder-'));
    outside = await mkdtemp(join(tmpdir(), 'cynode-outside-'));
    await writeFile(join(outside, 'kept'), 'as it was');
    store = workspace();
    job = uuidv7();
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
    await rm(outside, { recursive: true });
  });

  it('becomes the workspace of the run that names it, with modes, times, links and empty folders', async () => {
    const old = process.umask(0o077);
    try {
      await stage([
        fileOf('Makefile'),
        fileOf('bin/run', 'x', true),
        linkOf('to', 'bin/run'),
        { type: 'folder', name: 'empty', mtimeSeconds: 0 },
      ]);
    } finally {
      process.umask(old);
    }
    const { workspaceDir } = await store.create(
      job,
      [{ path: '.cynode/script', content_base64: '' }],
      name,
    );
    const modeOf = async (path: string) => (await stat(join(workspaceDir, path))).mode & 0o777;
    expect(await Promise.all(['Makefile', 'bin', 'bin/run', 'empty'].map(modeOf))).toEqual([
      0o644, 0o755, 0o755, 0o755,
    ]);
    expect((await stat(join(workspaceDir, 'Makefile'))).mtimeMs).toBe(mtimeSeconds * 1000);
    expect(await readlink(join(workspaceDir, 'to'))).toBe('bin/run');
    expect((await readdir(workspaceDir)).toSorted()).toEqual([
      '.cynode',
      'Makefile',
      'bin',
      'empty',
      'to',
    ]);
    expect(await readdir(root)).toEqual([job]);
  });

  it('stands beside attachments, staged and inline, which take the place of nothing in it', async () => {
    await stage([fileOf('upload/a', 'mine'), fileOf('b')]);
    await store.stage(job, { path: 'upload/big' }, packTree([]), open);
    const { workspaceDir } = await store.create(
      job,
      [{ path: 'upload/c', content_base64: '' }],
      name,
    );
    expect((await readdir(join(workspaceDir, 'upload'))).toSorted()).toEqual(['a', 'big', 'c']);
    for (const path of ['upload/a', 'b/c', 'upload']) {
      job = uuidv7();
      await stage([fileOf('upload/a', 'mine'), fileOf('b')]);
      const inline = store.create(job, [{ path, content_base64: 'eA==' }], name);
      await expect(inline).rejects.toMatchObject({ code: 'validation' });
      await stage([fileOf('upload/a', 'mine'), fileOf('b')]);
      await store.stage(job, { path }, packTree([]), open);
      await expect(store.create(job, [], name)).rejects.toMatchObject({ code: 'validation' });
    }
  });

  it('is not written through: links are made last, and nothing outside changes', async () => {
    await stage([
      linkOf('out', outside),
      linkOf('upload', outside),
      linkOf('file', join(outside, 'kept')),
    ]);
    for (const path of ['out/new', 'upload/new', 'file']) {
      const inline = store.create(job, [{ path, content_base64: 'eA==' }], name);
      await expect(inline, path).rejects.toMatchObject({ code: 'validation' });
      await stage([
        linkOf('out', outside),
        linkOf('upload', outside),
        linkOf('file', join(outside, 'kept')),
      ]);
      await store.stage(job, { path }, packTree([]), open);
      await expect(store.create(job, [], name), path).rejects.toMatchObject({ code: 'validation' });
      await stage([
        linkOf('out', outside),
        linkOf('upload', outside),
        linkOf('file', join(outside, 'kept')),
      ]);
    }
    await expect(stage([linkOf('a', outside), fileOf('a/kept')])).rejects.toMatchObject({
      code: 'validation',
    });
    await expect(stage([fileOf('a/kept'), linkOf('a', outside)])).rejects.toMatchObject({
      code: 'validation',
    });
    await store.create(job, [], name);
    await store.remove(job);
    expect(await readdir(outside)).toEqual(['kept']);
    expect(await readFile(join(outside, 'kept'), 'utf8')).toBe('as it was');
  });

  if (process.getuid?.() === 0) {
    it("is the job's user's, links themselves too, and nothing outside is", async () => {
      store = workspace(new JobUsers(1_234_567, 4));
      await chmod(outside, 0o755);
      await stage([fileOf('a/b'), linkOf('out', outside), linkOf('kept', join(outside, 'kept'))]);
      const { workspaceDir, user } = await store.create(job, [], name);
      for (const path of ['', 'a', 'a/b', 'out', 'kept']) {
        const { uid, gid } = await lstat(join(workspaceDir, path));
        expect([uid, gid], path).toEqual([user?.uid, user?.gid]);
      }
      expect((await stat(outside)).uid).toBe(0);
      expect((await stat(join(outside, 'kept'))).uid).toBe(0);
    });
  }

  it('is needed by the run that names it, and by no other', async () => {
    await expect(store.create(job, [], name)).rejects.toMatchObject({ code: 'not_run' });
    await stage([fileOf('a')]);
    const other = `sha256:${'b'.repeat(64)}`;
    await expect(store.create(job, [], other)).rejects.toMatchObject({ code: 'not_run' });
    expect(await readdir(root)).toEqual([]);
    await stage([fileOf('a')]);
    const { workspaceDir } = await store.create(job, []);
    expect(await readdir(workspaceDir)).toEqual([]);
  });

  it('replaces the one before, and nothing of a broken one stays', async () => {
    await stage([fileOf('a')]);
    await stage([fileOf('b')]);
    const { workspaceDir } = await store.create(job, [], name);
    expect(await readdir(workspaceDir)).toEqual(['b']);
    job = uuidv7();
    const cut = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of packTree([fileOf('a')])) yield chunk.subarray(0, 700);
      throw new Error('cut off');
    };
    await expect(store.stageFolder(job, name, cut(), open)).rejects.toThrow('cut off');
    await expect(store.stageFolder(job, name, packTree([]), () => false)).rejects.toMatchObject({
      code: 'job_conflict',
    });
    const whole = await buffer(packTree([fileOf('a')]));
    const chunks = Readable.from([whole.subarray(0, 700)]);
    await expect(store.stageFolder(job, name, chunks, open)).rejects.toMatchObject({
      code: 'validation',
    });
    expect((await readdir(root)).filter((entry) => entry.includes(job))).toEqual([]);
  });

  it('is not taken along by one that breaks off beside it', async () => {
    let whole: Promise<void> | undefined;
    const beside = (): Promise<void> => (whole ??= stage([fileOf('a')]));
    store = createFileWorkspace({
      mountRoot: root,
      nodeSlug: 'n1',
      removeTree: async (path) => {
        // The moment between the look into the job's directory and its end.
        if (path === join(root, `.staged-n1-${job}`)) await beside();
        await rm(path, { recursive: true, force: true });
      },
    });
    const broken = store.stageFolder(job, name, Readable.from([Buffer.alloc(600, 1)]), open);
    await expect(broken).rejects.toMatchObject({ code: 'validation' });
    await beside();
    const { workspaceDir } = await store.create(job, [], name);
    expect(await readdir(workspaceDir)).toEqual(['a']);
  });

  it('that is whole stays, whatever comes and breaks off at the same time', async () => {
    const archive = await buffer(packTree([fileOf('a'), fileOf('b')]));
    const orders = fc.array(
      fc.record({ cut: fc.boolean(), pauses: fc.integer({ min: 0, max: 4 }), file: fc.boolean() }),
      { minLength: 2, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        job = uuidv7();
        const come = async ({ cut, pauses, file }: (typeof order)[number]): Promise<void> => {
          const chunks = async function* (): AsyncGenerator<Buffer> {
            for (let turn = 0; turn < pauses; turn += 1) await new Promise(setImmediate);
            yield archive.subarray(0, cut ? 700 : archive.length);
          };
          if (file) {
            const path = `upload/${pauses}`;
            await store.stage(job, { path }, chunks(), () => !cut).catch(() => {});
          } else {
            await store.stageFolder(job, name, chunks(), open).catch((error: unknown) => {
              expect([cut, error]).toMatchObject([true, { code: 'validation' }]);
            });
          }
        };
        await Promise.all([...order, { cut: false, pauses: 1, file: false }].map(come));
        const { workspaceDir } = await store.create(job, [], name);
        expect(await readdir(workspaceDir)).toEqual(expect.arrayContaining(['a', 'b']));
        await store.remove(job);
        expect(await readdir(root)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('survives a restart of the node and goes after its time', async () => {
    await stage([fileOf('a')]);
    store = workspace();
    expect(await store.removeStrays()).toEqual([]);
    await utimes(join(root, `.staged-n1-${job}`), 1, 1);
    expect(await store.removeStaged(new Date())).toEqual([job]);
    expect(await readdir(root)).toEqual([]);
  });
});
