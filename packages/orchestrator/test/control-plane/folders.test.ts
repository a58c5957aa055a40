import { type FakeNodeOptions, fakeNode } from '@cynodeai/testing/doubles';
import { folderFeature } from '@cynodeai/contracts/worker-api';
import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { storedContent } from '../support/stored-content.ts';
import { postgresBlobIndex } from '../../src/adapters/postgres/artifacts/blob-index.ts';
import {
  postgresFolders,
  postgresOldFolders,
} from '../../src/adapters/postgres/folders/folders.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { type TaskIds, createTask, jobIn, readTask, sandboxPayload } from './support/tasks.ts';

const dayMs = 86_400_000;
let plane: TestControlPlane;

beforeAll(async () => {
  plane = await testControlPlane();
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await plane.db.updateTable('nodes').set({ status: 'inactive' }).execute();
});

const withFolders = { sandbox: { supported: true, max_concurrency: 2, features: [folderFeature] } };
const nodeOf = (slug: string, more: Partial<FakeNodeOptions> = {}) =>
  fakeNode({ slug, report: withFolders, ...more });

interface FolderTask extends TaskIds {
  readonly folder: string;
  readonly folderId: string;
  readonly storageRef: string;
}

/** A task with a folder, stored as the gateway stores it. */
async function taskWith(archive: Uint8Array): Promise<FolderTask> {
  const content = storedContent(plane.db, plane.artifactDirectory);
  const { storageRef, sha256, sizeBytes, claim } = await content.write(archive);
  const folder = `sha256:${sha256}`;
  const ids = await createTask(plane.db, { payload: { ...sandboxPayload, folder } });
  const { created_by: owner } = await readTask(plane.db, ids);
  const folderId = crypto.randomUUID();
  await postgresFolders(plane.db).transact(async (transaction) => {
    const folder = { id: folderId, sha256, sizeBytes, entries: 1, storageRef };
    await transaction.save(owner, folder, new Date());
    await transaction.releaseClaims([claim]);
  });
  await plane.db
    .updateTable('tasks')
    .set({ folder_id: folderId })
    .where('id', '=', ids.taskId)
    .execute();
  return { ...ids, folder, folderId, storageRef };
}

describe('the folder of a job', () => {
  it('is at its node before the job, byte for byte, and named by it', async () => {
    const archive = crypto.getRandomValues(Buffer.alloc(60_000));
    const task = await taskWith(archive);
    await using node = await nodeOf('takes');
    await node.join(plane.url);
    await jobIn(plane.db, task, 'completed');
    expect(node.uploads).toEqual([
      { jobId: task.jobId, path: task.folder, mode: undefined, bytes: archive },
    ]);
    expect(node.runs[0]?.sandbox.folder).toBe(task.folder);
  });

  it('is sent to a node once', async () => {
    const first = await taskWith(crypto.getRandomValues(Buffer.alloc(60_000)));
    const payload = { ...sandboxPayload, folder: first.folder };
    const second = await createTask(plane.db, { payload });
    await plane.db
      .updateTable('tasks')
      .set({ folder_id: first.folderId })
      .where('id', '=', second.taskId)
      .execute();
    // One after the other.
    const sandbox = { ...withFolders.sandbox, max_concurrency: 1 };
    await using node = await nodeOf('knows', { maxConcurrency: 1, report: { sandbox } });
    await node.join(plane.url);
    await jobIn(plane.db, first, 'completed');
    await jobIn(plane.db, second, 'completed');
    const [one, other] = node.executed;
    expect(node.uploads.map(({ jobId }) => jobId)).toEqual([one]);
    expect(node.reused).toEqual([[other, first.folder]]);
    expect(node.runs.map(({ sandbox: spec }) => spec.folder)).toEqual([first.folder, first.folder]);
  });

  it('waits for a node that takes folders, and says so; others pass it by', async () => {
    const first = await taskWith(Buffer.from('first'));
    const second = await taskWith(Buffer.from('second'));
    await using old = await fakeNode({ slug: 'old' });
    await old.join(plane.url);
    const plain = await createTask(plane.db, { payload: sandboxPayload });
    await jobIn(plane.db, plain, 'completed');
    await waitFor(async () => {
      const { metadata } = await readTask(plane.db, first);
      return metadata?.['waiting_reason'] === 'no_folder_node';
    });
    expect(old.executed).toEqual([plain.jobId]);
    await using node = await nodeOf('new');
    await node.join(plane.url);
    await jobIn(plane.db, first, 'completed');
    await jobIn(plane.db, second, 'completed');
    expect(node.executed.toSorted()).toEqual([first.jobId, second.jobId].toSorted());
  });

  it('that is gone ends the job with the reason', async () => {
    const task = await taskWith(Buffer.from('gone'));
    await plane.db.deleteFrom('folders').where('id', '=', task.folderId).execute();
    await using node = await nodeOf('late');
    await node.join(plane.url);
    const job = await jobIn(plane.db, task, 'failed');
    expect(job.result).toMatchObject({ error_message: expect.stringContaining('folder') });
    expect(node.runs).toEqual([]);
  });
});

describe('a folder that nobody used for long', () => {
  const old = (id: string) =>
    plane.db
      .updateTable('folders')
      .set({ last_used_at: new Date(Date.now() - 2 * dayMs) })
      .where('id', '=', id)
      .execute();
  const removeUnused = () =>
    postgresOldFolders(plane.db).removeUnused(new Date(Date.now() - dayMs));
  const isThere = async (id: string): Promise<boolean> =>
    (await plane.db.selectFrom('folders').select('id').where('id', '=', id).execute()).length === 1;

  it('stays as long as its task is under way, and its bytes as long as it is there', async () => {
    const task = await taskWith(Buffer.from('kept'));
    await old(task.folderId);
    await removeUnused();
    expect(await isThere(task.folderId)).toBe(true);
    const unused: string[] = [];
    const look = async () => {
      unused.push(...(await postgresBlobIndex(plane.db).takeUnused([task.storageRef])));
    };
    await look();
    expect(unused).toEqual([]);
    await plane.db
      .updateTable('tasks')
      .set({ status: 'canceled', closed: true, ended_at: new Date() })
      .where('id', '=', task.taskId)
      .execute();
    await removeUnused();
    expect(await isThere(task.folderId)).toBe(false);
    await look();
    expect(unused).toEqual([task.storageRef]);
    expect(await readTask(plane.db, task)).toMatchObject({ folder_id: null });
  });

  it('is young again when somebody asks for it, also while it is being removed', async () => {
    const task = await taskWith(Buffer.from('asked'));
    await plane.db
      .updateTable('tasks')
      .set({ status: 'canceled', closed: true, ended_at: new Date(), folder_id: null })
      .where('id', '=', task.taskId)
      .execute();
    await old(task.folderId);
    const { created_by: owner } = await readTask(plane.db, task);
    // Whoever marks it first holds its row; the removal passes by.
    await plane.db.transaction().execute(async (trx) => {
      const used = await postgresFolders(trx).use(owner, task.folder.slice(7), new Date());
      expect(used?.id).toBe(task.folderId);
      await removeUnused();
    });
    await removeUnused();
    expect(await isThere(task.folderId)).toBe(true);
    expect(
      await postgresFolders(plane.db).use(crypto.randomUUID(), task.folder.slice(7), new Date()),
    ).toBeUndefined();
  });
});
