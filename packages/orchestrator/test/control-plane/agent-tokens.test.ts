import { controlPlaneRoutes as routes } from '@cynodeai/contracts/control-plane';
import { CallError, HttpClient, callRoute } from '@cynodeai/runtime/call';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callTool, connect } from '../mcp-gateway/support/client.ts';
import {
  type TestMcpGateway,
  auditRows,
  startTestMcpGateway,
} from '../mcp-gateway/support/gateway.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { type TaskIds, createTask } from './support/tasks.ts';

const runnerToken = 'a-token-of-what-runs-workflows';
const http = new HttpClient();
let plane: TestControlPlane;
let door: TestMcpGateway;
let ids: TaskIds;

const how = (bearer = runnerToken) => ({
  baseUrl: plane.url,
  client: http,
  bearer,
  timeoutMs: 20_000,
});

async function start(holder_id: string) {
  const body = { task_id: ids.taskId, holder_id };
  return (await callRoute(routes.startWorkflow, { body }, how())).body;
}

const manager = { agent_type: 'project_manager', audience: 'mcp' } as const;

async function tokenFor(
  body: Parameters<typeof callRoute<typeof routes.issueAgentToken>>[1]['body'],
  bearer?: string,
): Promise<string> {
  const answer = await callRoute(routes.issueAgentToken, { body }, how(bearer));
  expect(Date.parse(answer.body.expires_at)).toBeGreaterThan(Date.now() + 3_600_000);
  return answer.body.token;
}

/** The kind a call is refused with. */
const kindOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof CallError ? error.kind : error),
  );

/** Lets the living lease of the task be over. */
async function expire(): Promise<void> {
  await sql`
    update task_workflow_leases set expires_at = now() - interval '1 ms' where task_id = ${ids.taskId}`.execute(
    plane.db,
  );
}

const summaryOf = async (): Promise<unknown> =>
  (
    await plane.db
      .selectFrom('tasks')
      .select('summary')
      .where('id', '=', ids.taskId)
      .executeTakeFirstOrThrow()
  ).summary;

beforeAll(async () => {
  plane = await testControlPlane({
    env: { DISPATCHER_ENABLED: 'false', WORKFLOW_RUNNER_BEARER_TOKEN: runnerToken },
  });
  door = await startTestMcpGateway({}, { url: plane.env['DATABASE_URL'] ?? '' });
});
afterAll(async () => {
  await door[Symbol.asyncDispose]();
  await plane[Symbol.asyncDispose]();
  await http.close();
});
beforeEach(async () => {
  ids = await createTask(plane.db);
  await sql`
    update tasks set created_by = (select id from users where handle = 'admin') where id = ${ids.taskId}`.execute(
    plane.db,
  );
});

const summarize = async (token: string, contextId: string, summary: string) => {
  const client = await connect(door, { token, contextId });
  try {
    return await callTool(client, 'db.task.update', { task_id: ids.taskId, summary });
  } finally {
    await client.close();
  }
};

describe('the token of a Project Manager', () => {
  it('opens the door of tools for the work of a living lease; the one before it stays good', async () => {
    const first = await tokenFor(manager);
    const second = await tokenFor(manager);
    expect(second).not.toBe(first);
    const { context_id } = await start('a');
    for (const [token, words] of [
      [first, 'one'],
      [second, 'two'],
    ] as const) {
      expect(await summarize(token, context_id, words)).toMatchObject({ status: 'success' });
      expect(await summaryOf()).toBe(words);
    }
    const { rows } = await sql`
      select from agent_tokens where token_hash in (${first}, ${second})`.execute(plane.db);
    expect(rows).toEqual([]);
  });

  it('changes nothing under a lease that is over, or that another has by now', async () => {
    const token = await tokenFor(manager);
    const late = await start('a');
    expect((await summarize(token, late.context_id, 'mine')).status).toBe('success');
    const before = (await auditRows(door)).length;
    await expire();
    const refused = { status: 'error', error: { type: 'context_missing' } };
    expect(await summarize(token, late.context_id, 'late')).toMatchObject(refused);
    const next = await start('b');
    expect(await summarize(token, late.context_id, 'later')).toMatchObject(refused);
    expect(await summaryOf()).toBe('mine');
    expect((await auditRows(door)).slice(before)).toMatchObject([
      { tool_name: 'db.task.update', decision: 'deny', error_type: 'context_missing' },
      { tool_name: 'db.task.update', decision: 'deny', error_type: 'context_missing' },
    ]);
    expect((await summarize(token, next.context_id, 'theirs')).status).toBe('success');
  });

  it('changes nothing when the lease is lost between its check and its effect', async () => {
    const token = await tokenFor(manager);
    const late = await start('a');
    const call = await plane.db.transaction().execute(async (trx) => {
      await sql`select from tasks where id = ${ids.taskId} for update`.execute(trx);
      const running = summarize(token, late.context_id, 'late');
      await expect
        .poll(async () => {
          const { rows } = await sql`
            select from pg_stat_activity
             where datname = current_database() and application_name = 'cynode-mcp-gateway'
               and wait_event_type = 'Lock'`.execute(plane.db);
          return rows.length;
        })
        .toBe(1);
      await sql`
        update task_workflow_leases set expires_at = now() - interval '1 ms' where task_id = ${ids.taskId}`.execute(
        trx,
      );
      return { running };
    });
    expect(await call.running).toMatchObject({ error: { type: 'context_missing' } });
    expect(await summaryOf()).toBeNull();
  });

  it('is had with the token of what runs workflows and in no other way', async () => {
    expect(await kindOf(tokenFor(manager, 'another-token-of-somebody'))).toBe('authentication');
    const wrong = { ...manager, audience: 'everything' } as never;
    expect(await kindOf(tokenFor(wrong))).toBe('validation');
  });
});

describe('the token of an analyst', () => {
  const analyst = (task_id: string, lease_id: string, audience: 'mcp' | 'inference' = 'mcp') =>
    ({ agent_type: 'project_analyst', audience, task_id, lease_id }) as const;

  it('is for the one task of a living lease', async () => {
    const { lease_id } = await start('a');
    const token = await tokenFor(analyst(ids.taskId, lease_id));
    const client = await connect(door, { token });
    const own = await callTool(client, 'db.task.get', { task_id: ids.taskId });
    expect(own).toMatchObject({ status: 'success', result: { task: { id: ids.taskId } } });
    const { taskId: foreign } = await createTask(plane.db);
    expect(await callTool(client, 'db.task.get', { task_id: foreign })).toMatchObject({
      error: { type: 'context_mismatch' },
    });
    await client.close();
    const other = await tokenFor(analyst(ids.taskId, lease_id, 'inference'));
    await expect(connect(door, { token: other })).rejects.toThrow();
  });

  it('is refused under a lease that is over, of another task, or of none', async () => {
    const { lease_id } = await start('a');
    const { taskId: foreign } = await createTask(plane.db);
    expect(await kindOf(tokenFor(analyst(foreign, lease_id)))).toBe('lease_lost');
    await expire();
    expect(await kindOf(tokenFor(analyst(ids.taskId, lease_id)))).toBe('lease_lost');
    expect(await kindOf(tokenFor(analyst(crypto.randomUUID(), lease_id)))).toBe('not_found');
  });
});
