import { GatewayClient } from '@cynodeai/api-client';
import { waitFor } from '@cynodeai/testing';
import { FakeGateway, alice } from '@cynodeai/testing/doubles';
import { describe, expect, it } from 'vitest';
import { runTask } from '../src/run/run-task.ts';
import type { Trouble } from '../src/run/trouble.ts';
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
        token: async () => alice.token,
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

/** The paths that were asked for, queries included. */
const paths = ({ requests }: FakeGateway): string[] => requests.map(({ url }) => url);

describe('running a task', () => {
  it('sends it, waits and answers with its result', async () => {
    await using gateway = await FakeGateway.start();
    gateway.tasks.onCreated = (task) => task.end({ stdout: 'out' });
    const run = prepare(gateway);
    expect(await run.start()).toMatchObject({ status: 'completed', exit_code: 0, stdout: 'out' });
    const [first] = gateway.requests;
    expect(first?.headers.authorization).toBe(`Bearer ${alice.token}`);
    expect(first?.json).toEqual({ input_mode: 'commands', commands: ['true'] });
    expect(run.gone).toEqual([]);
  });

  it('cancels the task when interrupted and waits until its sandbox is gone', async () => {
    await using gateway = await FakeGateway.start();
    gateway.tasks.onCreated = (task) => task.start();
    const run = prepare(gateway);
    const running = run.start();
    await waitFor(() => paths(gateway).some((path) => path.includes('wait=')));
    run.control.abort();
    await waitFor(() => run.gone.length > 0);
    gateway.tasks.all[0]?.end({ stdout: 'so far\n', exit_code: 143 });
    expect(await running).toMatchObject({ status: 'canceled', stdout: 'so far\n' });
    const [task] = gateway.tasks.all;
    expect(run.gone).toEqual([task?.jobId]);
    expect(paths(gateway)).toContain(`/v1/tasks/${task?.id}/cancel`);
  });

  it('takes the result of a task that ended in the moment of the interruption', async () => {
    await using gateway = await FakeGateway.start();
    gateway.tasks.onCreated = (task) => task.end({ exit_code: 3 });
    const run = prepare(gateway);
    run.control.abort();
    expect(await run.start()).toMatchObject({ status: 'failed', exit_code: 3 });
  });

  it('gives a task up, with the reason, when no node will ever take it', async () => {
    await using gateway = await FakeGateway.start();
    const run = prepare(gateway);
    const failure = run.start({ text: 'the node does not stay up', lasting: true });
    await expect(failure).rejects.toMatchObject({
      code: 'stack',
      message: 'the task cannot run: the node does not stay up',
    });
    expect(gateway.tasks.all.map(({ status }) => status)).toEqual(['canceled']);
  });

  it('says what it waits for while a node is only late', async () => {
    await using gateway = await FakeGateway.start();
    const run = prepare(gateway);
    const running = run.start({ text: 'the node is starting', lasting: false });
    await waitFor(() => run.steps.includes('waiting: the node is starting'));
    run.control.abort();
    await running;
  });

  it('says what the task waits for while the nodes are well', async () => {
    await using gateway = await FakeGateway.start();
    const refusal = 'node a answered 503: no namespace (2 of 10 times)';
    gateway.tasks.onCreated = (task) => task.wait(refusal);
    const run = prepare(gateway);
    const running = run.start();
    await waitFor(() => run.steps.includes(`waiting: ${refusal}`));
    gateway.tasks.all[0]?.end({ stdout: 'at last' });
    expect(await running).toMatchObject({ status: 'completed', stdout: 'at last' });
  });
});
