import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { HttpClient } from '@cynodeai/runtime/call';
import { memoryLog } from '@cynodeai/testing';
import { AnsweringServer } from '@cynodeai/testing/harness';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkerClient, workerLanes } from './worker-client.ts';

const taskId = '00000000-0000-4000-8000-000000000001';
const jobId = '00000000-0000-4000-8000-000000000002';
const request: RunJobRequest = {
  version: 1,
  task_id: taskId,
  job_id: jobId,
  sandbox: { command: ['true'] },
};
const job = { taskId, jobId };
const status = { version: 1, task_id: taskId, job_id: jobId, status: 'in_progress' };
const log = memoryLog();
/** One connection for jobs and one for acknowledgements, each of which its call holds for ever. */
const http = new HttpClient({ lanes: { ...workerLanes, jobs: 1, acknowledgements: 1 } });
const worker = new WorkerClient({ http, log, current: async () => undefined });
let server: AnsweringServer;

beforeAll(async () => {
  server = await AnsweringServer.start((incoming, outgoing) => {
    const path = incoming.url ?? '';
    incoming.resume();
    if (path.endsWith('jobs:run') || path.endsWith(':ack')) return;
    if (path.endsWith('jobs:stop')) {
      outgoing.writeHead(202).end(JSON.stringify({ version: 1, status: 'stopping' }));
    } else outgoing.end(JSON.stringify(status));
  });
});
afterAll(() => server[Symbol.asyncDispose]());

describe('calls of a node', () => {
  it('ask and stop while jobs and acknowledgements hold all their connections', async () => {
    const node = { nodeId: 'n', slug: 'n', url: server.url, token: 't' };
    const { signal } = new AbortController();
    const runs = [1, 2].map(() => worker.runJob(node, request, { deadlineMs: 60_000, signal }));
    const acks = [1, 2].map(() => worker.ackJob(node, job));
    expect(await worker.getJob(node, job, { timeoutMs: 5000, signal })).toEqual({
      kind: 'known',
      job: status,
    });
    expect(await worker.stopJob(node, { ...job, graceSeconds: 1 })).toBe('stopping');
    await expect
      .poll(() => server.requests.filter(({ url }) => url?.endsWith('jobs:run')).length)
      .toBe(1);
    await http.close();
    expect((await Promise.all(runs)).map(({ kind }) => kind)).toEqual(['lost', 'lost']);
    expect(await Promise.all(acks)).toEqual(['failed', 'failed']);
    expect(log.lines.map(({ message }) => message)).toContain(
      'a node could not be asked to acknowledge a result',
    );
  });
});
