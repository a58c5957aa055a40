import { waitToPass } from '@cynodeai/testing';
import { uuidv7 } from '@cynodeai/runtime/std';
import { describe, expect, it } from 'vitest';
import { type Answer, longSleeps, TestNode } from './support/test-node.ts';

const day = 24 * 3_600_000;
const async = { prefer: 'wait=1, respond-async' };

interface Ids {
  readonly task_id: string;
  readonly job_id: string;
  readonly lease_id: string;
}

const newIds = (): Ids => ({ task_id: uuidv7(), job_id: uuidv7(), lease_id: uuidv7() });

function send(
  node: TestNode,
  ids: Ids,
  command: readonly string[],
  headers: Record<string, string> = {},
  image = 'tools',
): Promise<Answer> {
  const body = { version: 1, ...ids, sandbox: { image, command } };
  return node.post('/v1/worker/jobs:run', JSON.stringify(body), headers);
}

const stateOf = (node: TestNode, jobId: string): Promise<Answer> =>
  node.get(`/v1/worker/jobs/${jobId}`);

function ack(node: TestNode, { task_id, job_id }: Ids, path = job_id): Promise<Answer> {
  const body = JSON.stringify({ version: 1, task_id, job_id });
  return node.post(`/v1/worker/jobs/${path}:ack`, body);
}

async function untilStatus(node: TestNode, jobId: string, status: string): Promise<Answer> {
  return waitToPass(async () => {
    const answer = await stateOf(node, jobId);
    expect(answer.json).toMatchObject({ status });
    return answer;
  });
}

async function startedNode(): Promise<TestNode> {
  const node = await TestNode.create();
  await node.start();
  return node;
}

const problem = (status: number, kind: string) => ({ status, kind });

describe('a job that is asked for asynchronously (5.8)', () => {
  it('is accepted at once, can be followed, and keeps its result until the ack', async () => {
    await using node = await startedNode();
    const images = Promise.withResolvers<void>();
    node.host.engine.images = images.promise;
    const ids = newIds();
    const { lease_id, ...accepted } = ids;
    const answer = await send(node, ids, ['hold'], async);
    expect([answer.status, answer.json]).toEqual([
      202,
      { version: 1, ...accepted, status: 'accepted' },
    ]);
    expect(answer.headers.get('preference-applied')).toBe('respond-async');
    expect((await stateOf(node, ids.job_id)).json).toEqual({
      version: 1,
      ...ids,
      status: 'accepted',
    });
    expect(await ack(node, ids)).toMatchObject(problem(409, 'job_conflict'));

    images.resolve();
    const running = await untilStatus(node, ids.job_id, 'in_progress');
    expect(running.json).toHaveProperty('started_at');
    expect(running.json).not.toHaveProperty('result');
    expect((await send(node, ids, ['hold'], async)).status).toBe(202);

    node.host.engine.finish(`cynode-sandbox-${ids.job_id}`);
    const ended = await untilStatus(node, ids.job_id, 'completed');
    expect(ended.json['result']).toMatchObject({ ...accepted, lease_id, exit_code: 0 });
    expect(await send(node, ids, ['hold'], async)).toMatchObject({
      status: 200,
      json: ended.json['result'],
    });

    expect(await ack(node, { ...ids, task_id: uuidv7() })).toMatchObject(
      problem(409, 'job_conflict'),
    );
    expect(await ack(node, ids, uuidv7())).toMatchObject(problem(400, 'validation'));
    expect((await ack(node, ids)).status).toBe(204);
    expect((await ack(node, ids)).status).toBe(204);
    expect(await stateOf(node, ids.job_id)).toMatchObject(problem(404, 'not_found'));
    expect(await ack(node, newIds())).toMatchObject(problem(404, 'not_found'));
    expect(node.host.engine.specs).toHaveLength(1);
  });

  it('that the node could not run is told by its state, not lost', async () => {
    await using node = await startedNode();
    const images = Promise.withResolvers<void>();
    node.host.engine.images = images.promise;
    const ids = newIds();
    expect((await send(node, ids, ['x'], async, 'explode')).status).toBe(202);
    images.resolve();
    const failed = await untilStatus(node, ids.job_id, 'failed');
    expect(failed.json['result']).toMatchObject({
      exit_code: 125,
      stderr: 'cynode: the node could not run the job\n',
    });
  });

  it('ends as failed without being started when it is stopped before', async () => {
    await using node = await startedNode();
    const images = Promise.withResolvers<void>();
    node.host.engine.images = images.promise;
    const ids = newIds();
    await send(node, ids, ['hold'], async);
    const stop = { version: 1, task_id: ids.task_id, job_id: ids.job_id };
    expect(await node.post('/v1/worker/jobs:stop', JSON.stringify(stop))).toMatchObject({
      status: 202,
      json: { status: 'stopping' },
    });
    images.resolve();
    const failed = await untilStatus(node, ids.job_id, 'failed');
    expect(failed.json['result']).toMatchObject({
      exit_code: 143,
      stderr: 'cynode: the job was canceled\n',
    });
    expect(node.host.engine.specs).toEqual([]);
  });
});

describe('a job that is asked for again (REQ-WORKER-0149)', () => {
  it('by two clients at once with one lease runs once and answers both', async () => {
    await using node = await startedNode();
    const ids = newIds();
    const both = [send(node, ids, ['hold']), send(node, ids, ['hold'])];
    await waitToPass(() => expect(node.host.engine.held).toHaveLength(1));
    node.host.engine.finish(`cynode-sandbox-${ids.job_id}`);
    const [first, second] = await Promise.all(both);
    expect(first).toMatchObject({ status: 200, json: { status: 'completed' } });
    expect(second?.json).toEqual(first?.json);
    expect(node.host.engine.specs).toHaveLength(1);
  });

  it('under another lease is refused while it runs and until its result is acknowledged', async () => {
    await using node = await startedNode();
    const ids = newIds();
    const other = { ...ids, lease_id: uuidv7() };
    const running = send(node, ids, ['hold']);
    await waitToPass(() => expect(node.host.engine.held).toHaveLength(1));
    expect(await send(node, other, ['hold'])).toMatchObject(problem(409, 'job_conflict'));
    node.host.engine.finish(`cynode-sandbox-${ids.job_id}`);
    await running;
    expect(await send(node, other, ['exit', '0'])).toMatchObject(problem(409, 'job_conflict'));
    await ack(node, ids);
    const again = await send(node, other, ['exit', '0']);
    expect(again).toMatchObject({ status: 200, json: { lease_id: other.lease_id } });
    expect(node.host.engine.specs).toHaveLength(2);
  });

  it('after the connection was cut and the node restarted gives the same result and runs no more', async () => {
    await using node = await startedNode();
    const ids = newIds();
    const client = new AbortController();
    const cut = node.post(
      '/v1/worker/jobs:run',
      JSON.stringify({ version: 1, ...ids, sandbox: { image: 'tools', command: ['hold'] } }),
      {},
      client.signal,
    );
    await waitToPass(() => expect(node.host.engine.held).toHaveLength(1));
    client.abort();
    await expect(cut).rejects.toThrow();
    node.host.engine.finish(`cynode-sandbox-${ids.job_id}`);
    const before = await untilStatus(node, ids.job_id, 'completed');
    await node.restart();
    expect((await stateOf(node, ids.job_id)).json).toEqual(before.json);
    const again = await send(node, ids, ['hold']);
    expect(again).toMatchObject({ status: 200, json: before.json['result'] });
    expect(node.host.engine.specs).toHaveLength(1);
    expect((await ack(node, ids)).status).toBe(204);
    await node.restart();
    expect((await stateOf(node, ids.job_id)).status).toBe(404);
  });

  it('may be sent again as it is when the node refused it or failed before it ran', async () => {
    await using node = await startedNode();
    const ids = newIds();
    expect((await send(node, ids, ['x'], {}, 'explode')).status).toBe(500);
    expect((await stateOf(node, ids.job_id)).status).toBe(404);
    expect((await send(node, ids, ['exit', '0'])).status).toBe(200);
  });
});

describe('a node that is restarted', () => {
  it('fails the jobs it was stopped in the middle of: node restarted', async () => {
    await using node = await startedNode();
    const ids = newIds();
    const running = send(node, ids, ['hold']);
    await waitToPass(() => expect(node.host.engine.held).toHaveLength(1));
    await node.restart();
    expect(await running).toMatchObject(problem(503, 'node_shutting_down'));
    expect((await stateOf(node, ids.job_id)).json).toMatchObject({
      ...ids,
      status: 'failed',
      result: { exit_code: 125, stdout: '', stderr: 'cynode: node restarted\n' },
    });
    expect(node.log.text()).toContain(`"go_on":[],"failed":["${ids.job_id}"]`);
  });
});

describe('results nobody acknowledges', () => {
  it('are kept for seven days and then dropped with a warning', async () => {
    await using node = await startedNode();
    const old = newIds();
    await send(node, old, ['exit', '1']);
    node.time.advance(6 * day);
    const fresh = newIds();
    await send(node, fresh, ['exit', '1']);
    expect((await stateOf(node, old.job_id)).status).toBe(200);
    await waitToPass(() => expect(node.time.waiting).toBe(longSleeps));
    node.time.advance(day + 1);
    await waitToPass(async () => expect((await stateOf(node, old.job_id)).status).toBe(404));
    expect((await stateOf(node, fresh.job_id)).status).toBe(200);
    const dropped = node.log.lines.filter(
      ({ message }) => message === 'an undelivered job result was dropped',
    );
    expect(dropped).toMatchObject([
      { level: 'warn', fields: { job_id: old.job_id, reason: 'age' } },
    ]);
  });
});

describe('the stop of all jobs (REQ-WORKER-0261)', () => {
  const stopAll = (node: TestNode): Promise<Answer> =>
    node.post('/v1/worker/admin/stop-all-orchestrator-directed', '{"version":1}');

  it('ends what runs as failed, names it and lets the node go on', async () => {
    await using node = await startedNode();
    const jobs = [newIds(), newIds()];
    const running = jobs.map((ids) => send(node, ids, ['hold']));
    await waitToPass(() => expect(node.host.engine.held).toHaveLength(2));
    const answer = await stopAll(node);
    expect(answer).toMatchObject({ status: 200, json: { version: 1, failed: [] } });
    expect([...(answer.json['stopped'] as string[])].toSorted()).toEqual(
      jobs.map(({ job_id }) => `cynode-sandbox-${job_id}`).toSorted(),
    );
    for (const ended of await Promise.all(running)) {
      expect(ended.json).toMatchObject({ status: 'failed', exit_code: 143 });
    }
    expect(node.log.text()).toContain('the orchestrator stopped all jobs');
    expect((await send(node, newIds(), ['exit', '0'])).status).toBe(200);
    expect((await stopAll(node)).json).toEqual({ version: 1, stopped: [], failed: [] });
  });

  it('names what does not die', async () => {
    await using node = await startedNode();
    const ids = newIds();
    const running = send(node, ids, ['hold']);
    await waitToPass(() => expect(node.host.engine.held).toHaveLength(1));
    node.host.engine.stubborn = true;
    expect((await stopAll(node)).json).toMatchObject({
      stopped: [],
      failed: [`cynode-sandbox-${ids.job_id}`],
    });
    node.host.engine.stubborn = false;
    node.host.engine.finish(`cynode-sandbox-${ids.job_id}`);
    await running;
  });

  it.each([
    ['GET', `/v1/worker/jobs/${uuidv7()}`],
    ['POST', `/v1/worker/jobs/${uuidv7()}:ack`],
    ['POST', '/v1/worker/admin/stop-all-orchestrator-directed'],
  ])('needs the token, as all of them do: %s %s (REQ-WORKER-0100)', async (method, path) => {
    await using node = await startedNode();
    expect((await fetch(`${node.url}${path}`, { method })).status).toBe(401);
  });
});
