import { GatewayClient } from '@cynodeai/api-client';
import { waitFor } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { runTask } from '../src/run/run-task.ts';
import type { Trouble } from '../src/run/trouble.ts';
import {
  type FakeAnswer,
  type FakeGateway,
  fakeGateway,
  problem,
} from './fixtures/fake-gateway.ts';

const taskId = '01890000-0000-7000-8000-000000000001';
const jobId = '01890000-0000-7000-8000-000000000002';
const at = '2026-11-20T10:00:00.000Z';

const task = (status: string): FakeAnswer => ({
  status: 200,
  body: {
    id: taskId,
    task_id: taskId,
    task_name: 'true',
    status,
    input_mode: 'commands',
    prompt: 'true',
    attachments: [],
    created_at: at,
    updated_at: at,
  },
});

const result = (status: string, exitCode?: number): FakeAnswer => ({
  status: 200,
  body: {
    task_id: taskId,
    task_name: 'true',
    status,
    jobs: [{ id: jobId, status: status === 'queued' ? 'queued' : status }],
    ...(exitCode !== undefined && { exit_code: exitCode, stdout: 'out', stderr: '' }),
  },
});

interface Run {
  readonly gateway: FakeGateway;
  readonly steps: string[];
  readonly gone: string[];
  readonly control: AbortController;
  start(trouble?: Trouble): ReturnType<typeof runTask>;
}

function prepare(gateway: FakeGateway): Run {
  const control = new AbortController();
  const steps: string[] = [];
  const gone: string[] = [];
  return {
    gateway,
    steps,
    gone,
    control,
    start: async (trouble) => {
      const client = new GatewayClient({
        baseUrl: gateway.url,
        userAgent: 'test',
        token: async () => 'token',
      });
      await using _closing = { [Symbol.asyncDispose]: () => client.close() };
      return await runTask({
        client,
        request: { input_mode: 'commands', commands: ['true'] },
        signal: control.signal,
        onStep: (what) => void steps.push(what),
        files: [],
        working: 'running the job',
        findTrouble: async () => trouble,
        waitUntilGone: async (ids) => void gone.push(...ids),
      });
    },
  };
}

/** A gateway whose task stays as it is until it is cancelled. */
function stuckGateway(status: string): Promise<FakeGateway> {
  let now = status;
  return fakeGateway(async (request) => {
    if (request.path.endsWith('/cancel')) {
      now = 'canceled';
      return { status: 200, body: { task_id: taskId, task_name: 'true', canceled: true } };
    }
    if (request.path.includes('wait=')) {
      await waitFor(() => now === 'canceled');
    }
    if (request.path.includes('/result')) return result(now);
    return request.method === 'POST' ? { ...task(now), status: 201 } : task(now);
  });
}

describe('running a task', () => {
  it('sends it, waits and answers with its result', async () => {
    await using gateway = await fakeGateway((request) =>
      request.method === 'POST' ? { ...task('queued'), status: 201 } : result('completed', 0),
    );
    const run = prepare(gateway);
    expect(await run.start()).toMatchObject({ status: 'completed', exit_code: 0, stdout: 'out' });
    expect(gateway.seen[0]).toMatchObject({
      authorization: 'Bearer token',
      body: { input_mode: 'commands', commands: ['true'] },
    });
    expect(run.gone).toEqual([]);
  });

  it('cancels the task when interrupted and waits until its sandbox is gone', async () => {
    await using gateway = await stuckGateway('running');
    const run = prepare(gateway);
    const running = run.start();
    await waitFor(() => gateway.seen.some((request) => request.path.includes('wait=')));
    run.control.abort();
    expect(await running).toMatchObject({ status: 'canceled' });
    expect(run.gone).toEqual([jobId]);
    expect(gateway.seen.map((request) => request.path)).toContain(`/v1/tasks/${taskId}/cancel`);
  });

  it('takes the result of a task that ended in the moment of the interruption', async () => {
    await using gateway = await fakeGateway((request) => {
      if (request.path.endsWith('/cancel')) return problem(409, 'conflict', 'it has ended');
      if (request.method === 'POST') return { ...task('queued'), status: 201 };
      return result('completed', 3);
    });
    const run = prepare(gateway);
    run.control.abort();
    expect(await run.start()).toMatchObject({ status: 'completed', exit_code: 3 });
  });

  it('gives a task up, with the reason, when no node will ever take it', async () => {
    await using gateway = await stuckGateway('queued');
    const run = prepare(gateway);
    const failure = run.start({ text: 'the node does not stay up', lasting: true });
    await expect(failure).rejects.toMatchObject({
      code: 'stack',
      message: 'the task cannot run: the node does not stay up',
    });
    expect(gateway.seen.map((request) => request.path)).toContain(`/v1/tasks/${taskId}/cancel`);
  });

  it('says what it waits for while a node is only late', async () => {
    await using gateway = await stuckGateway('queued');
    const run = prepare(gateway);
    const running = run.start({ text: 'the node is starting', lasting: false });
    await waitFor(() => run.steps.includes('waiting: the node is starting'));
    run.control.abort();
    await running;
  });
});
