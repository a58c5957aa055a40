import { HttpClient } from '@cynodeai/runtime/call';
import { Secret } from '@cynodeai/runtime/config';
import { elapsedMs } from '@cynodeai/runtime/std';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentTokens } from '../src/adapters/control-plane/agent-tokens.ts';
import { workflowClient } from '../src/adapters/control-plane/workflow-client.ts';
import { inferenceClient } from '../src/adapters/inference/inference-client.ts';
import { type ToolClient, openTools } from '../src/adapters/mcp/tool-client.ts';
import { NoReply } from '../src/ports/inference.ts';
import { ToolFailure } from '../src/ports/tools.ts';
import type { WorkflowLease } from '../src/ports/workflow.ts';
import { type Plane, startPlane } from './support/plane.ts';

const never = new AbortController().signal;
const client = new HttpClient();
let plane: Plane;
let token: Secret;
beforeAll(async () => {
  plane = await startPlane();
  token = new Secret(plane.token);
});
afterAll(async () => {
  await client.close();
  await plane[Symbol.asyncDispose]();
});

const tokens = () => agentTokens({ baseUrl: plane.url, token, client }, elapsedMs);
const begin = async (taskId: string): Promise<WorkflowLease> =>
  workflowClient({ baseUrl: plane.url, token, client, holderId: `test-${taskId}` }).start(
    taskId,
    'user_api',
  );

async function using<T>(tools: Promise<ToolClient>, work: (tools: ToolClient) => Promise<T>) {
  const open = await tools;
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

const thrownBy = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the tools of an agent', () => {
  it('are those of the Project Manager for the task of a lease, and of an analyst of it', async () => {
    const [mine, other] = [await plane.addTask('mine'), await plane.addTask('other')];
    const lease = await begin(mine);
    const held = tokens();
    const { contextId } = lease;
    const manager = { url: plane.toolsUrl, token: await held.manager(), contextId };
    expect(await held.manager()).toBe(manager.token);
    await using(openTools(manager), async (tools) => {
      const { task } = await tools.call('db.task.get', { task_id: mine }, never);
      expect(task).toMatchObject({ id: mine, prompt: 'mine', status: 'pending' });
      const refused = await thrownBy(tools.call('db.task.get', { task_id: other }, never));
      expect(refused).toBeInstanceOf(ToolFailure);
      expect(refused).toMatchObject({
        type: 'context_mismatch',
        message: expect.stringMatching(/^db\.task\.get: /),
      });
    });
    const analyst = { url: plane.toolsUrl, token: await held.analyst(lease) };
    await using(openTools(analyst), async (tools) => {
      const { task } = await tools.call('db.task.get', { task_id: mine }, never);
      expect(task.id).toBe(mine);
      const change = { task_id: mine, status: 'completed' } as const;
      const refused = await thrownBy(tools.call('db.task.update_status', change, never));
      expect(refused).toMatchObject({ type: 'not_allowlisted' });
    });
  });

  it('cannot be had with a wrong token or from where nobody is, which names no token', async () => {
    const wrong = new Secret('w'.repeat(43));
    const refused = await thrownBy(openTools({ url: plane.toolsUrl, token: wrong }));
    expect(refused).toMatchObject({ type: 'unreachable' });
    const nobody = { url: 'http://127.0.0.1:9/v1/mcp', token: wrong };
    const away = await thrownBy(openTools(nobody));
    expect(away).toMatchObject({ type: 'unreachable' });
    for (const error of [refused, away]) expect(String(error)).not.toContain('www');
  });

  it('end with the signal of who calls', async () => {
    const taskId = await plane.addTask();
    const { contextId } = await begin(taskId);
    const manager = { url: plane.toolsUrl, token: await tokens().manager(), contextId };
    await using(openTools(manager), async (tools) => {
      const command = ['true'];
      const run = { task_id: taskId, kind: 'sandbox', command } as const;
      const { job_id: jobId } = await tools.call('job.run', run, never);
      const stop = new AbortController();
      const waiting = thrownBy(
        tools.call('db.job.get', { job_id: jobId, wait_seconds: 25 }, stop.signal),
      );
      stop.abort(new Error('enough'));
      expect(await waiting).toMatchObject({ message: 'enough' });
    });
  });
});

describe('models, to an agent', () => {
  it('are not there while no node has one, which may pass', async () => {
    const inference = inferenceClient({ baseUrl: plane.url, token, client });
    const routing = { agent: 'project_manager', purpose: 'plan' } as const;
    const messages = [{ role: 'user', content: 'hello' }] as const;
    const error = await thrownBy(inference.ask({ routing, messages: [...messages] }, never));
    expect(error).toBeInstanceOf(NoReply);
    expect(error).toMatchObject({ kind: 'no_path' });
    const task_id = '018f0000-0000-7000-8000-00000000dead';
    const unknown = { routing: { ...routing, task_id }, messages: [...messages] };
    expect(await thrownBy(inference.ask(unknown, never))).toMatchObject({ kind: 'refused' });
  });
});
