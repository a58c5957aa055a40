import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CallError, HttpClient } from '@cynodeai/runtime/call';
import { silentLog } from '@cynodeai/runtime/observe';
import { AnsweringServer } from '@cynodeai/testing/harness';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import { answerOfFault } from './worker-answer.ts';
import { WorkerClient, workerLanes } from './worker-client.ts';

const request: RunJobRequest = {
  version: 1,
  task_id: '00000000-0000-4000-8000-000000000001',
  job_id: '00000000-0000-4000-8000-000000000002',
  sandbox: { command: ['true'] },
};
const answers: { status: number; body: unknown }[] = [];
const client = new HttpClient({ lanes: workerLanes });
const worker = new WorkerClient({ http: client, log: silentLog, current: async () => undefined });
let server: AnsweringServer;

beforeAll(async () => {
  server = await AnsweringServer.start((incoming, outgoing) => {
    incoming.resume();
    incoming.on('end', () => {
      const { status, body } = answers.shift() ?? { status: 500, body: '' };
      outgoing.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
});
afterAll(async () => {
  await client.close();
  await server[Symbol.asyncDispose]();
});

/** What the client makes of an answer of `jobs:run`. */
const http = (status: number, body: unknown) => {
  answers.push({ status, body });
  const node = { nodeId: 'n', slug: 'n', url: server.url, token: 't' };
  const signal = new AbortController().signal;
  return worker.runJob(node, request, { deadlineMs: 5000, signal });
};
const unreachable = (cause: unknown) =>
  answerOfFault(new CallError('unreachable', 'no answer', { cause }));
const coded = (code: string, cause?: unknown) => Object.assign(new Error('x', { cause }), { code });

describe('answers of a node', () => {
  it('are results only when they have the form of one', async () => {
    const result = {
      version: 1,
      task_id: '00000000-0000-4000-8000-000000000001',
      job_id: '00000000-0000-4000-8000-000000000002',
      status: 'completed',
      exit_code: 0,
      stdout: '',
      stderr: '',
      started_at: '2026-01-01T00:00:00Z',
      ended_at: '2026-01-01T00:00:00Z',
      truncated: { stdout: false, stderr: false },
      future: 1,
    };
    const { future: _future, ...known } = result;
    expect(await http(200, result)).toEqual({ kind: 'result', result: known });
    expect(await http(200, { ...result, stdout: 1 })).toMatchObject({
      kind: 'lost',
      message: 'the answer is not a job result (stdout)',
    });
    expect(await http(200, '<html>')).toMatchObject({ message: 'the answer is not a job result' });
  });

  it('keep what a problem says, bounded', async () => {
    const problem = { type: 'urn:cynodeai:error:node_at_capacity', title: 'T', status: 429 };
    expect(await http(429, problem)).toEqual({
      kind: 'refused',
      refusal: 'busy',
      status: 429,
      problem: 'node_at_capacity',
      detail: 'T',
    });
    expect(await http(500, 'oops')).toEqual({
      kind: 'refused',
      refusal: 'fault',
      status: 500,
      problem: undefined,
      detail: undefined,
    });
    for (const [kind, refusal] of [
      ['node_not_ready', 'busy'],
      ['node_shutting_down', 'busy'],
      ['inference_unavailable', 'unable'],
      ['unavailable', 'unable'],
    ]) {
      const type = `urn:cynodeai:error:${kind}`;
      expect(await http(503, { type, title: 'T', status: 503 })).toMatchObject({ refusal });
    }
    const long = await http(503, { ...problem, status: 503, detail: 'a\u0000'.repeat(5000) });
    const kept = long.kind === 'refused' ? Buffer.byteLength(long.detail ?? '') : 0;
    expect(kept).toBeGreaterThan(2000);
    expect(kept).toBeLessThanOrEqual(2048);
  });
});

describe('faults of a call', () => {
  it('before anything was sent are told apart from those after', () => {
    expect(unreachable(coded('ECONNREFUSED'))).toEqual({
      kind: 'unsent',
      message: 'ECONNREFUSED',
    });
    expect(unreachable(coded('UND_ERR_CONNECT_TIMEOUT')).kind).toBe('unsent');
    expect(unreachable(new Error('fetch', { cause: coded('ENOTFOUND') })).kind).toBe('unsent');
    const both = Object.assign(new Error('all'), {
      errors: [coded('ECONNREFUSED'), coded('ENETUNREACH')],
    });
    expect(unreachable(both).kind).toBe('unsent');
    expect(unreachable(coded('UND_ERR_SOCKET', coded('ECONNREFUSED')))).toMatchObject({
      kind: 'lost',
      message: 'the connection was lost before the answer (UND_ERR_SOCKET)',
    });
    expect(unreachable(coded('ECONNRESET'))).toMatchObject({ kind: 'lost' });
    expect(unreachable('odd')).toMatchObject({ kind: 'lost' });
  });

  it('name the deadline and an answer that is too large', () => {
    expect(answerOfFault(new CallError('late', 'late'))).toMatchObject({
      kind: 'lost',
      message: 'no answer within the job deadline',
    });
    expect(answerOfFault(new CallError('too_large', 'larger'))).toEqual({
      kind: 'lost',
      message: 'larger',
    });
  });
});
