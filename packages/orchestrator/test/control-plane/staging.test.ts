import { fakeNode } from '@cynodeai/testing/doubles';
import { ProblemError } from '@cynodeai/runtime/http';
import { waitFor } from '@cynodeai/testing';
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { storedContent } from '../support/stored-content.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import {
  type TaskIds,
  cancelTask,
  createTask,
  jobIn,
  readJob,
  sandboxPayload,
} from './support/tasks.ts';

const mib = 1024 * 1024;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

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

/** A script task with attachments of these contents, stored as the gateway stores them. */
async function taskWith(files: Readonly<Record<string, Uint8Array>>): Promise<TaskIds> {
  const blobs = storedContent(plane.db, plane.artifactDirectory);
  const stored = await Promise.all(
    Object.entries(files).map(async ([name, bytes]) => ({
      id: crypto.randomUUID(),
      path: `upload/${name}`,
      blob: await blobs.write(bytes),
    })),
  );
  const payload = {
    ...sandboxPayload,
    input_files: stored.map(({ id, path }) => ({
      path,
      mode: '0644' as const,
      source: { kind: 'artifact' as const, artifact_id: id },
    })),
  };
  // No node is there yet, so the rows below come in time.
  const ids = await createTask(plane.db, { payload });
  await plane.db
    .insertInto('task_artifacts')
    .values(
      stored.map(({ id, path, blob }) => ({
        id,
        task_id: ids.taskId,
        path,
        storage_ref: blob.storageRef,
        size_bytes: blob.sizeBytes,
      })),
    )
    .execute();
  return ids;
}

describe('input files of a job', () => {
  it('ride in the request while they fit; the others are there before it, byte for byte (REQ-ORCHES-0126)', async () => {
    const files = {
      'small.txt': Buffer.from('hello'),
      'big.bin': randomBytes(10 * mib),
      'empty.bin': Buffer.alloc(0),
    };
    const ids = await taskWith(files);
    await using node = await fakeNode({ slug: 'stage' });
    await node.join(plane.url);
    await jobIn(plane.db, ids, 'completed');
    const inline = node.runs[0]?.sandbox.input_files ?? [];
    expect(inline.map((file) => [file.path, file.content_base64])).toEqual([
      ['upload/small.txt', Buffer.from('hello').toString('base64')],
      ['upload/empty.bin', ''],
    ]);
    const [upload, ...more] = node.uploads;
    expect(more).toEqual([]);
    expect(upload).toMatchObject({ jobId: ids.jobId, path: 'upload/big.bin', mode: '0644' });
    expect(sha256(upload?.bytes ?? Buffer.alloc(0))).toBe(sha256(files['big.bin']));
  });

  it.each([
    ['a fault of the node', new ProblemError('internal', 'disk full')],
    ['a node that is not ready', new ProblemError('node_not_ready', 'not ready: config')],
  ])('are staged again after %s, and the job runs once', async (_what, error) => {
    let refused = false;
    const onStage = (): void => {
      if (refused) return;
      refused = true;
      throw error;
    };
    const ids = await taskWith({ 'big.bin': randomBytes(9 * mib) });
    await using node = await fakeNode({ slug: 'again', onStage });
    await node.join(plane.url);
    await waitFor(async () => (await readJob(plane.db, ids)).next_attempt_at !== null);
    const waiting = await readJob(plane.db, ids);
    expect(waiting).toMatchObject({ status: 'queued', lease_id: null });
    expect(waiting.payload?.dispatch?.last_error).toContain(error.message);
    expect(node.runs).toEqual([]);
    await plane.db.updateTable('jobs').set({ next_attempt_at: new Date() }).execute();
    await jobIn(plane.db, ids, 'completed');
    expect([node.uploads.length, node.executed.length]).toEqual([1, 1]);
  });

  it('are sent no further once the job is canceled, and it is not started', async () => {
    const never = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const onStage = (): Promise<void> => {
      arrived.resolve();
      return never.promise;
    };
    const ids = await taskWith({ 'big.bin': randomBytes(9 * mib), 'other.bin': randomBytes(mib) });
    await using node = await fakeNode({ slug: 'canceled', onStage });
    await node.join(plane.url);
    await arrived.promise;
    await cancelTask(plane.db, ids);
    try {
      await waitFor(async () => (await readJob(plane.db, ids)).lease_expires_at === null, {
        what: 'nobody holds the job',
      });
    } finally {
      never.resolve();
    }
    const next = await createTask(plane.db);
    await jobIn(plane.db, next, 'completed');
    expect(node.executed).toEqual([next.jobId]);
  });

  it('that a node refuses end the job with the reason', async () => {
    const onStage = (): void => {
      throw new ProblemError('payload_too_large', 'too much for me');
    };
    const ids = await taskWith({ 'big.bin': randomBytes(9 * mib) });
    await using node = await fakeNode({ slug: 'small', onStage });
    await node.join(plane.url);
    const job = await jobIn(plane.db, ids, 'failed');
    expect(job.result).toMatchObject({
      error_type: 'payload_too_large',
      error_message: 'node small answered 413: too much for me',
    });
    expect(node.runs).toEqual([]);
  });
});
