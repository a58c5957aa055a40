import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTaskEvents } from '../../src/adapters/postgres/task-events.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { fakeNode } from './support/fake-node.ts';
import { createTask, jobIn, readTask, sandboxPayload } from './support/tasks.ts';

describe('a raw task', () => {
  let plane: TestControlPlane;

  beforeAll(async () => {
    plane = await testControlPlane();
  });
  afterAll(() => plane[Symbol.asyncDispose]());

  it('goes to a node that acknowledged its configuration, and its result comes back (REQ-ORCHES-0122, 0123)', async () => {
    await using node = await fakeNode({
      slug: 'n1',
      onRun: () => ({ stdout: 'hello\n', stderr: 'a\u0000b' }),
    });
    await node.join(plane.url);
    const ids = await createTask(plane.db, {
      payload: { ...sandboxPayload, command: ['echo', 'hello'] },
    });
    const job = await jobIn(plane.db, ids, 'completed');
    expect(job.result).toMatchObject({ stdout: 'hello\n', stderr: 'a\uFFFDb', exit_code: 0 });
    expect(job.payload?.dispatch).toMatchObject({ node_slug: 'n1', reasons: ['only_free_node'] });
    expect(await readTask(plane.db, ids)).toMatchObject({
      status: 'completed',
      closed: true,
      summary: 'exit code 0',
    });
    expect(node.runs).toHaveLength(1);
    expect(node.runs[0]).toMatchObject({
      job_id: ids.jobId,
      lease_id: job.lease_id,
      sandbox: { image: 'localhost/test', command: ['echo', 'hello'], timeout_seconds: 3600 },
    });
    const events = await readTaskEvents(plane.db, ids.taskId, 0, 100);
    expect(
      events.map(({ event, data }) => [event, 'status' in data ? data.status : data.text]),
    ).toEqual([
      ['task.status', 'running'],
      ['job.status', 'running'],
      ['job.log', 'hello\n'],
      ['job.log', 'a\uFFFDb'],
      ['job.status', 'completed'],
      ['task.status', 'completed'],
    ]);
  });
});
