import { uuidv7 } from '@cynodeai/runtime/std';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileWorkspace } from '../../src/adapters/workspace/file-workspace.ts';
import type { WorkspaceStore } from '../../src/ports/workspace.ts';

const mib = 1024 * 1024;
const open = (): boolean => true;

async function* bytes(...chunks: readonly (string | Buffer)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

/** So many bytes from one small buffer. */
async function* zeros(size: number): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(mib);
  for (let left = size; left > 0; left -= piece.length) {
    yield piece.subarray(0, Math.min(left, piece.length));
  }
}

describe('staged input files', () => {
  let root: string;
  let store: WorkspaceStore;
  let job: string;
  const workspace = (): WorkspaceStore =>
    createFileWorkspace({
      mountRoot: root,
      nodeSlug: 'n1',
      removeTree: (path) => rm(path, { recursive: true, force: true }),
    });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'cynode-staged-'));
    store = workspace();
    job = uuidv7();
  });
  afterEach(() => rm(root, { recursive: true }));

  it('become the workspace of the first run, beside the inline files, with their modes', async () => {
    await store.stage(job, { path: 'upload/a.bin' }, bytes('first'), open);
    await store.stage(job, { path: 'upload/a.bin' }, bytes('sec', 'ond'), open);
    await store.stage(job, { path: 'artifacts/x/y', mode: '0755' }, bytes(), open);
    const { workspaceDir } = await store.create(job, [
      { path: 'upload/b', content_base64: 'Yg==' },
      { path: '.cynode/script', content_base64: 'c2g=', mode: '0755' },
    ]);
    expect(await readFile(join(workspaceDir, 'upload/a.bin'), 'utf8')).toBe('second');
    expect(await readFile(join(workspaceDir, 'upload/b'), 'utf8')).toBe('b');
    const modes = await Promise.all(
      ['upload', 'upload/a.bin', 'artifacts/x', 'artifacts/x/y'].map(
        async (path) => (await stat(join(workspaceDir, path))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o755, 0o644, 0o755, 0o755]);
    expect(await readdir(root)).toEqual([job]);
    await store.remove(job);
    expect(await readdir(root)).toEqual([]);
    const second = await store.create(job, []);
    expect(await readdir(second.workspaceDir)).toEqual([]);
  });

  it('survive a restart of the node and go after their time, unless one just came', async () => {
    const other = uuidv7();
    await store.stage(job, { path: 'a' }, bytes('x'), open);
    await store.stage(other, { path: 'a' }, bytes('y'), open);
    const again = workspace();
    expect(await again.removeStrays()).toEqual([]);
    const hourAgo = new Date(Date.now() - 3_600_000);
    const old = new Date(hourAgo.getTime() - 1000);
    await utimes(join(root, `.staged-n1-${job}`), old, old);
    expect(await again.removeStaged(hourAgo)).toEqual([job]);
    const { workspaceDir } = await again.create(other, []);
    expect(await readFile(join(workspaceDir, 'a'), 'utf8')).toBe('y');
    expect(await readdir(root)).toEqual([other]);
  });

  it('leave nothing behind when the sender breaks off', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      throw new Error('cut');
    };
    await expect(store.stage(job, { path: 'a/b' }, broken(), open)).rejects.toThrow('cut');
    expect(await readdir(root)).toEqual([]);
    await store.stage(job, { path: 'kept' }, bytes('k'), open);
    await expect(store.stage(job, { path: 'kept' }, broken(), open)).rejects.toThrow('cut');
    const { workspaceDir } = await store.create(job, []);
    expect(await readFile(join(workspaceDir, 'kept'), 'utf8')).toBe('k');
  });

  it.each([
    ['below a file', 'a', 'a/b'],
    ['in place of a directory', 'a/b', 'a'],
    ['with a name too long for the disk', 'a', 'x'.repeat(300)],
  ])('are refused %s', async (_what, first, second) => {
    await store.stage(job, { path: first }, bytes('1'), open);
    await expect(store.stage(job, { path: second }, bytes('2'), open)).rejects.toMatchObject({
      code: 'validation',
    });
    const { workspaceDir } = await store.create(job, []);
    expect(await readFile(join(workspaceDir, first), 'utf8')).toBe('1');
  });

  it('clash with an inline file of the same path: 400 and nothing stays', async () => {
    await store.stage(job, { path: 'a' }, bytes('1'), open);
    const clash = store.create(job, [{ path: 'a', content_base64: '' }]);
    await expect(clash).rejects.toMatchObject({ code: 'validation' });
    expect(await readdir(root)).toEqual([]);
  });

  it('and inline ones are at most 64 together', async () => {
    for (let n = 0; n < 64; n += 1) await store.stage(job, { path: `f${n}` }, bytes('x'), open);
    await expect(store.stage(job, { path: 'one-more' }, bytes('x'), open)).rejects.toMatchObject({
      code: 'validation',
    });
    await store.stage(job, { path: 'f0' }, bytes('replaced'), open);
    const tooMany = store.create(job, [{ path: 'inline', content_base64: '' }]);
    await expect(tooMany).rejects.toMatchObject({ code: 'validation' });
    expect(await readdir(root)).toEqual([]);
  });

  it('have at most 256 MiB per job, counted while they arrive side by side', async () => {
    await store.stage(job, { path: 'a' }, zeros(100 * mib), open);
    const both = await Promise.allSettled([
      store.stage(job, { path: 'b' }, zeros(100 * mib), open),
      store.stage(job, { path: 'c' }, zeros(100 * mib), open),
    ]);
    const refused = both.filter((one) => one.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.reason).toMatchObject({ code: 'staging_full' });
    // What was refused counts no more, and a file that replaces one counts once.
    await store.stage(job, { path: 'b' }, zeros(mib), open);
    await store.stage(job, { path: 'c' }, zeros(0), open);
    await store.stage(job, { path: 'a' }, zeros(255 * mib), open);
    const full = store.stage(job, { path: 'd' }, zeros(1), open);
    await expect(full).rejects.toMatchObject({ code: 'staging_full' });
  });

  it('that come too late for their job are refused', async () => {
    await expect(store.stage(job, { path: 'a' }, bytes('x'), () => false)).rejects.toMatchObject({
      code: 'job_conflict',
    });
    expect(await readdir(root)).toEqual([]);
    const { promise: gate, resolve: go } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      begin();
      await gate;
    };
    const late = store.stage(job, { path: 'a' }, slow(), open);
    await begun;
    await store.create(job, []);
    go();
    await expect(late).rejects.toMatchObject({ code: 'job_conflict' });
    expect(await readdir(root)).toEqual([job]);
  });

  it('name a disk that cannot be written', async () => {
    const file = join(root, 'file');
    await writeFile(file, '');
    const blocked = createFileWorkspace({
      mountRoot: join(file, 'mounts'),
      nodeSlug: 'n1',
      removeTree: async () => {},
    });
    await expect(blocked.stage(job, { path: 'a' }, bytes('x'), open)).rejects.toMatchObject({
      code: 'workspace_unusable',
    });
    expect(await blocked.removeStaged(new Date())).toEqual([]);
  });
});
