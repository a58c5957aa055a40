import {
  controlPlaneRoutes as routes,
  type workflowRoutes,
} from '@cynodeai/contracts/control-plane';
import { text } from 'node:stream/consumers';
import { CallError, HttpClient, callRoute } from '@cynodeai/runtime/call';
import { uuidv7 } from '@cynodeai/runtime/std';
import { waitFor } from '@cynodeai/testing';
import { AnsweringServer } from '@cynodeai/testing/harness';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { postgresRunContexts } from '../../src/adapters/postgres/mcp/sessions-and-contexts.ts';
import { readTaskEvents } from '../../src/adapters/postgres/task-events.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { cancelTask, createTask, readTask, type TaskIds } from './support/tasks.ts';

const token = 'a-token-of-what-runs-workflows';
const client = new HttpClient();
let plane: TestControlPlane;
let runner: AnsweringServer;
/** Requests that reached it. */
const nudged: string[] = [];
/** What the runner answers with. */
let runnerStatus = 202;
let ids: TaskIds;

type Name = keyof typeof workflowRoutes;

async function call(name: Name, body: unknown, bearer = token): Promise<unknown> {
  const options = { baseUrl: plane.url, client, bearer, timeoutMs: 20_000 };
  const answer = await callRoute(routes[name] as never, { body } as never, options);
  return (answer as { readonly body: unknown }).body;
}

/** The kind a call is refused with, as its document names it twice. */
async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof CallError && error.kind !== undefined) return error.kind;
    throw error;
  }
}

interface Lease {
  readonly run_id: string;
  readonly lease_id: string;
  readonly context_id: string;
  readonly status: string;
  readonly expires_at: string;
}

const start = (holder: string, more: object = {}): Promise<Lease> =>
  call('startWorkflow', { task_id: ids.taskId, holder_id: holder, ...more }) as Promise<Lease>;

const state = (more: object = {}) => ({ task_id: ids.taskId, ...more });

const save = ({ lease_id }: Lease, last_node_id: string, more: object = {}): Promise<unknown> =>
  call('saveCheckpoint', { task_id: ids.taskId, lease_id, last_node_id, state: state(more) });

const release = ({ lease_id }: Lease, outcome?: string): Promise<unknown> =>
  call('releaseWorkflow', { task_id: ids.taskId, lease_id, ...(outcome && { outcome }) });

/** Lets the living lease of the task be over. */
async function expire(): Promise<void> {
  await plane.db
    .updateTable('task_workflow_leases')
    .set({ expires_at: sql<Date>`now() - interval '1 ms'` })
    .where('task_id', '=', ids.taskId)
    .execute();
}

const eventsOf = async (): Promise<string[]> =>
  (await readTaskEvents(plane.db, ids.taskId, 0, 1000)).map(({ event }) => event);

/** Ends the job that a test task has, so that only its workflow is open. */
async function endJobs(): Promise<void> {
  await plane.db
    .updateTable('jobs')
    .set({ status: 'completed', ended_at: new Date() })
    .where('task_id', '=', ids.taskId)
    .execute();
}

beforeAll(async () => {
  runner = await AnsweringServer.start(async (request, response) => {
    nudged.push(`${request.method} ${request.url} ${await text(request)}`);
    response.writeHead(runnerStatus).end();
  });
  plane = await testControlPlane({
    env: {
      DISPATCHER_ENABLED: 'false',
      WORKFLOW_RUNNER_BEARER_TOKEN: token,
      WORKFLOW_RUNNER_URL: runner.url,
    },
  });
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await runner[Symbol.asyncDispose]();
  await client.close();
});
beforeEach(async () => {
  ids = await createTask(plane.db);
  await endJobs();
});

describe('the lease of a workflow', () => {
  it('is taken once, told again to its holder, and refused to another', async () => {
    const first = await start('a');
    expect(first).toMatchObject({ status: 'started' });
    expect(await start('a')).toEqual({ ...first, status: 'already_running' });
    expect(await refusalOf(start('b'))).toBe('lease_held');
    const runs = await plane.db
      .selectFrom('runs')
      .selectAll()
      .where('task_id', '=', ids.taskId)
      .execute();
    expect(runs).toMatchObject([
      { id: first.run_id, status: 'running', metadata: { kind: 'workflow' } },
    ]);
    const context = await plane.db
      .selectFrom('agent_run_contexts')
      .selectAll()
      .where('id', '=', first.context_id)
      .executeTakeFirstOrThrow();
    expect(context).toMatchObject({ task_id: ids.taskId, lease_id: first.lease_id });
  });

  it('is told again to who has its key, whatever they are called', async () => {
    const first = await start('a', { idempotency_key: 'k' });
    expect(await start('b', { idempotency_key: 'k' })).toMatchObject({
      status: 'already_running',
      lease_id: first.lease_id,
    });
  });

  it('has one winner of two that race, a hundred times', async () => {
    for (let round = 0; round < 100; round += 1) {
      ids = await createTask(plane.db);
      const tries = await Promise.allSettled([start('a'), start('b')]);
      const won = tries.filter(({ status }) => status === 'fulfilled');
      expect(won).toHaveLength(1);
    }
  });

  it('goes to another once it is over, with a run behind the first, and every late word of that is refused', async () => {
    const late = await start('a');
    await save(late, 'load_task_context');
    await expire();
    const next = await start('b');
    expect(next.lease_id).not.toBe(late.lease_id);
    const runs = await plane.db
      .selectFrom('runs')
      .select(['id', 'status', 'parent_run_id'])
      .where('task_id', '=', ids.taskId)
      .orderBy('created_at')
      .execute();
    expect(runs).toEqual([
      { id: late.run_id, status: 'failed', parent_run_id: null },
      { id: next.run_id, status: 'running', parent_run_id: late.run_id },
    ]);
    const { lease_id } = late;
    expect(await refusalOf(save(late, 'plan_steps'))).toBe('lease_lost');
    const renewal = { task_id: ids.taskId, lease_id };
    expect(await refusalOf(call('renewWorkflow', renewal))).toBe('lease_lost');
    expect(await refusalOf(release(late))).toBe('lease_mismatch');
    expect(await call('resumeWorkflow', { task_id: ids.taskId })).toMatchObject({
      last_node_id: 'load_task_context',
    });
    const contexts = await plane.db
      .selectFrom('agent_run_contexts')
      .select('id')
      .where('task_id', '=', ids.taskId)
      .execute();
    expect(contexts).toEqual([{ id: next.context_id }]);
  });

  it('is over for its own holder too, who gets a new one', async () => {
    const first = await start('a');
    await expire();
    expect(await refusalOf(save(first, 'load_task_context'))).toBe('lease_lost');
    const again = await start('a');
    expect(again).toMatchObject({ status: 'started' });
    expect(again.lease_id).not.toBe(first.lease_id);
  });

  it('leaves its context until somebody takes it, or until that is too old', async () => {
    const contexts = postgresRunContexts(plane.db);
    const { context_id } = await start('a');
    const isThere = async (): Promise<boolean> =>
      (await plane.db
        .selectFrom('agent_run_contexts')
        .select('id')
        .where('id', '=', context_id)
        .executeTakeFirst()) !== undefined;
    await contexts.removeExpired(new Date());
    expect(await isThere()).toBe(true);
    await plane.db
      .updateTable('agent_run_contexts')
      .set({ expires_at: sql<Date>`now() - interval '1 s'` })
      .where('id', '=', context_id)
      .execute();
    expect(await contexts.removeExpired(new Date())).toBe(1);
    expect(await isThere()).toBe(false);
  });

  it('is held longer by its holder, from now and by the clock of the database', async () => {
    const { lease_id } = await start('a', { expires_in_sec: 10 });
    const answer = await call('renewWorkflow', {
      task_id: ids.taskId,
      lease_id,
      expires_in_sec: 3600,
    });
    const { expires_at } = answer as { readonly expires_at: string };
    const left = Date.parse(expires_at) - Date.now();
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThanOrEqual(3_600_000);
  });

  it('is given back, which is as good twice, and ends its run as told', async () => {
    for (const [outcome, status] of [
      ['completed', 'completed'],
      ['failed', 'failed'],
      ['canceled', 'canceled'],
      ['yielded', 'canceled'],
      [undefined, 'canceled'],
    ] as const) {
      const lease = await start('a');
      await release(lease, outcome);
      await release(lease, outcome);
      const run = await plane.db
        .selectFrom('runs')
        .select('status')
        .where('id', '=', lease.run_id)
        .executeTakeFirst();
      expect(run).toEqual({ status });
    }
    expect(await refusalOf(release({ lease_id: uuidv7() } as Lease))).toBe('lease_mismatch');
  });

  it('is not for a task that has ended, nor for none', async () => {
    await cancelTask(plane.db, ids);
    expect(await refusalOf(start('a'))).toBe('task_closed');
    ids = { taskId: uuidv7(), jobId: uuidv7() };
    expect(await refusalOf(start('a'))).toBe('not_found');
    expect(await refusalOf(release({ lease_id: uuidv7() } as Lease))).toBe('not_found');
  });

  it('lost five times in a row without getting further fails the task', async () => {
    for (const holder of ['a', 'b', 'c', 'd', 'e']) {
      await start(holder);
      await expire();
    }
    expect(await refusalOf(start('f'))).toBe('task_closed');
    expect(await readTask(plane.db, ids)).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('taken over 5 times') as unknown,
      metadata: { workflow: { failure: { code: 'workflow_stuck' } } },
    });
    expect(await eventsOf()).toEqual(['task.status']);
  });

  it('lost again and again does not, while a checkpoint comes between or a job is open', async () => {
    for (let round = 0; round < 8; round += 1) {
      const lease = await start(`a${round}`);
      if (round % 3 === 2) await save(lease, 'load_task_context', { round });
      await expire();
    }
    await plane.db
      .updateTable('jobs')
      .set({ status: 'queued', ended_at: null })
      .where('task_id', '=', ids.taskId)
      .execute();
    for (let round = 0; round < 8; round += 1) {
      await start(`b${round}`);
      await expire();
    }
    await endJobs();
  });
});

describe('a checkpoint', () => {
  const planned = {
    plan: { steps: [{ step_id: 'one', title: 'First', kind: 'sandbox_command', own: [1] }] },
    current_step_index: 0,
    not_ours: { stays: true },
  };

  it('is one row for each task, comes back with what nobody here reads, and tells its story once', async () => {
    const lease = await start('a');
    expect(await refusalOf(call('resumeWorkflow', { task_id: ids.taskId }))).toBe('no_checkpoint');
    await save(lease, 'load_task_context');
    await save(lease, 'plan_steps', planned);
    await save(lease, 'plan_steps', planned);
    expect(await call('resumeWorkflow', { task_id: ids.taskId })).toMatchObject({
      task_id: ids.taskId,
      last_node_id: 'plan_steps',
      state: state(planned),
    });
    const rows = await plane.db
      .selectFrom('workflow_checkpoints')
      .select('id')
      .where('task_id', '=', ids.taskId)
      .execute();
    expect(rows).toHaveLength(1);
    expect(await eventsOf()).toEqual(['workflow.plan']);
  });

  it('behind the end of its task is kept, and tells nothing more', async () => {
    const lease = await start('a');
    await cancelTask(plane.db, ids);
    await save(lease, 'plan_steps', planned);
    expect(await eventsOf()).not.toContain('workflow.plan');
  });

  it.each([
    ['of another task', { state: { task_id: uuidv7() } }, 'validation'],
    ['of an unknown node', { last_node_id: 'nowhere' }, 'validation'],
    ['that is no object', { state: [] }, 'validation'],
    ['with a step of no kind', { state: { plan: { steps: [{}] } } }, 'validation'],
    ['of too many bytes', { state: { big: 'x'.repeat(1024 * 1024) } }, 'payload_too_large'],
    ['of far too many bytes', { state: { big: 'x'.repeat(9 * 1024 ** 2) } }, 'payload_too_large'],
    ['with U+0000', { state: { big: 'a\u0000b' } }, 'validation'],
    ['with a field too many', { more: 1 }, 'validation'],
  ] as const)('%s is refused', async (_what, wrong: object, kind) => {
    const { lease_id } = await start('a');
    const given: unknown = Reflect.get(wrong, 'state');
    const stated = Array.isArray(given) ? given : { ...state(), ...(given as object | undefined) };
    const body = {
      task_id: ids.taskId,
      lease_id,
      last_node_id: 'plan_steps',
      ...wrong,
      state: stated,
    };
    expect(await refusalOf(call('saveCheckpoint', body))).toBe(kind);
    expect(await refusalOf(call('resumeWorkflow', { task_id: ids.taskId }))).toBe('no_checkpoint');
  });
});

describe('who calls', () => {
  it.each([
    'startWorkflow',
    'resumeWorkflow',
    'saveCheckpoint',
    'renewWorkflow',
    'releaseWorkflow',
  ] as const)('has the token of what runs workflows for %s', async (name) => {
    expect(await refusalOf(call(name, {}, 'another-token-of-that-length'))).toBe('authentication');
    expect(await refusalOf(call(name, {}))).toBe('validation');
  });

  it('finds no such door where no token is set', async () => {
    await using other = await testControlPlane({ env: { DISPATCHER_ENABLED: 'false' } });
    const answer = await fetch(`${other.url}${routes.startWorkflow.path}`, { method: 'POST' });
    expect(answer.status).toBe(404);
  });
});

describe('what runs workflows', () => {
  const ask = async (): Promise<void> => {
    await sql`UPDATE tasks SET metadata = '{"workflow": {"requested_at": "2026-01-01T00:00:00Z"}}'
      WHERE id = ${ids.taskId}`.execute(plane.db);
    await sql`SELECT pg_notify('cynode_workflows', ${ids.taskId})`.execute(plane.db);
  };
  const nudges = (): number => nudged.filter((line) => line.includes(ids.taskId)).length;

  it('is told of a task that was asked for, and again when its lease is over', async () => {
    await ask();
    await waitFor(() => nudges() === 1);
    expect(nudged.at(-1)).toMatch(/^POST \/v1\/runs \{.*"trigger":"user_api"/);
    const lease = await start('a', { expires_in_sec: 10 });
    const before = nudges();
    await plane.db
      .updateTable('task_workflow_leases')
      .set({ expires_at: sql<Date>`clock_timestamp() + interval '1 s'` })
      .where('lease_id', '=', lease.lease_id)
      .execute();
    await ask();
    await waitFor(() => nudges() > before);
    await cancelTask(plane.db, ids);
  });

  it('that does not take it is told again by itself, and of a task that was given back at once', async () => {
    runnerStatus = 503;
    await ask();
    await waitFor(() => nudges() > 0);
    runnerStatus = 202;
    const before = nudges();
    await waitFor(() => nudges() > before);
    expect(plane.log.text().includes('does not take a task')).toBe(true);
    const { lease_id } = await start('a');
    const told = nudges();
    await call('releaseWorkflow', { task_id: ids.taskId, lease_id, outcome: 'yielded' });
    await waitFor(() => nudges() > told);
    await cancelTask(plane.db, ids);
  });
});
