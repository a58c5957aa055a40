import { uuidv7 } from '@cynodeai/runtime/std';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkspaceStore } from '../../src/ports/workspace.ts';

const open = (): boolean => true;
const past = new Date(0);

async function* bytes(...chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

export interface StoreUnderTest {
  readonly store: WorkspaceStore;
  close(): Promise<void>;
}

/** What every place for job directories does, the one on disk and the one that stands for it in tests. */
export function testWorkspaceStore(title: string, make: () => Promise<StoreUnderTest>): void {
  describe(`the workspace store: ${title}`, () => {
    let test: StoreUnderTest;
    let store: WorkspaceStore;
    let job: string;

    beforeEach(async () => {
      test = await make();
      ({ store } = test);
      await store.check();
      job = uuidv7();
    });

    afterEach(() => test.close());

    it('gives each job directories of its own', async () => {
      const first = await store.create(job, []);
      const second = await store.create(uuidv7(), []);
      const paths = [first, second].flatMap((dirs) => [dirs.workspaceDir, dirs.jobDir]);
      expect(new Set(paths).size).toBe(4);
    });

    it('makes the directories of a job once, and again when they are removed', async () => {
      await store.create(job, []);
      await expect(store.create(job, [])).rejects.toMatchObject({ code: 'job_conflict' });
      await store.remove(job);
      await store.create(job, []);
      await store.remove(job);
      await store.remove(job);
    });

    it('keeps staged files for their job, and refuses one that comes too late', async () => {
      await store.stage(job, { path: 'upload/a' }, bytes('a'), open);
      await store.stage(job, { path: 'upload/a' }, bytes('b', 'c'), open);
      const late = store.stage(job, { path: 'upload/b' }, bytes('b'), () => false);
      await expect(late).rejects.toMatchObject({ code: 'job_conflict' });
      await store.create(job, []);
    });

    it('removes staged files whose job never came, by their age', async () => {
      await store.stage(job, { path: 'upload/a' }, bytes('a'), open);
      expect(await store.removeStaged(past)).toStrictEqual([]);
      const later = new Date(Date.now() + 60_000);
      expect(await store.removeStaged(later)).toStrictEqual([job]);
      expect(await store.removeStaged(later)).toStrictEqual([]);
    });

    it('leaves nothing of a broken upload', async () => {
      const fault = new Error('cut off');
      const cut = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.from('a');
        throw fault;
      };
      await expect(store.stage(job, { path: 'upload/a' }, cut(), open)).rejects.toBe(fault);
      expect(await store.removeStaged(new Date(Date.now() + 60_000))).toStrictEqual([]);
    });

    it('finds what an earlier run left', async () => {
      await store.create(job, []);
      expect(await store.removeStrays()).toStrictEqual([job]);
      expect(await store.removeStrays()).toStrictEqual([]);
      await store.create(job, []);
    });
  });
}
