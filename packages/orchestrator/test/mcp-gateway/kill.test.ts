import { reservePort, waitFor, waitToPass } from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callTool, connect } from './support/client.ts';
import {
  type TestMcpGateway,
  type TestWork,
  addUser,
  addWork,
  agentsOf,
  auditRows,
  startTestMcpGateway,
} from './support/gateway.ts';

const entry = fileURLToPath(new URL('../../src/processes/main.ts', import.meta.url));

/** Where a gateway is killed: what a statement of its has to wait for there. */
const places = {
  'before the effect': (jobId: string) =>
    sql`select pg_advisory_xact_lock(hashtextextended(${`memory:${jobId}`}, 0))`,
  'between effect and row': () => sql`lock table mcp_tool_call_audit_log in access exclusive mode`,
} as const;

describe('a gateway that is killed', () => {
  /** Only for its database: the gateway under test is a process. */
  let shared: TestMcpGateway;
  let work: TestWork;
  let token: string;
  beforeAll(async () => {
    shared = await startTestMcpGateway();
    work = await addWork(shared, await addUser(shared, 'ada'));
    token = (await agentsOf(shared, work)).sandbox.token;
  });
  afterAll(() => shared[Symbol.asyncDispose]());

  async function startProcess() {
    const port = await reservePort();
    const child = Child.ofScript(entry, ['mcp-gateway'], {
      env: {
        DATABASE_URL: shared.databaseUrl,
        JWT_SECRET: 'a key of tests that signs, of no worth elsewhere',
        MCP_GATEWAY_LISTEN_ADDR: `127.0.0.1:${port}`,
      },
    });
    const base = `http://127.0.0.1:${port}`;
    await waitToPass(async () => expect((await fetch(`${base}/readyz`)).status).toBe(200));
    return { child, url: `${base}/v1/mcp` };
  }

  /** Statements of the process that wait for a lock. */
  async function waiting(): Promise<number> {
    const { rows } = await sql`
      select 1 from pg_stat_activity
       where datname = current_database() and application_name = 'cynode-mcp-gateway'
         and wait_event_type = 'Lock'`.execute(shared.db);
    return rows.length;
  }

  async function remembered(key: string): Promise<number> {
    const { rows } = await sql`select 1 from job_memories where key = ${key}`.execute(shared.db);
    return rows.length;
  }

  it.each(Object.entries(places))(
    '%s leaves neither, and the next one goes on',
    async (place, hold) => {
      const key = place.replaceAll(' ', '-');
      const args = { task_id: work.taskId, job_id: work.jobId, key, content: 'x' };
      const rowsBefore = (await auditRows(shared)).length;
      const first = await startProcess();
      const client = await connect(first, { token });
      await shared.db.transaction().execute(async (trx) => {
        await hold(work.jobId).execute(trx);
        const call = callTool(client, 'memory.add', args);
        call.catch(() => {});
        await waitFor(async () => (await waiting()) > 0);
        first.child.kill();
        await first.child.exit;
        await expect(call).rejects.toThrow();
      });
      // The server has seen that nobody is there any more.
      await waitFor(async () => (await waiting()) === 0);
      await client.close();
      const second = await startProcess();
      const again = await connect(second, { token });
      expect(await remembered(key)).toBe(0);
      expect((await auditRows(shared)).length).toBe(rowsBefore);
      expect((await callTool(again, 'memory.add', args)).status).toBe('success');
      expect(await remembered(key)).toBe(1);
      expect((await auditRows(shared)).length).toBe(rowsBefore + 1);
      await again.close();
      await second.child.stop();
    },
  );

  it.each(Object.entries(places))(
    '%s loses its database: neither is there, its caller is told, and it goes on',
    async (place, hold) => {
      const key = `database-${place.replaceAll(' ', '-')}`;
      const args = { task_id: work.taskId, job_id: work.jobId, key, content: 'x' };
      const rowsBefore = (await auditRows(shared)).length;
      const client = await connect(shared, { token });
      const answer = await shared.db.transaction().execute(async (trx) => {
        await hold(work.jobId).execute(trx);
        const call = callTool(client, 'memory.add', args);
        await waitFor(async () => (await waiting()) > 0);
        // As a server that is killed: every connection of the gateway ends in the middle of what it does.
        await sql`
          select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and application_name = 'cynode-mcp-gateway'`.execute(
          trx,
        );
        // The row cannot be written before the lock on its table is gone.
        return { call };
      });
      expect(await answer.call).toMatchObject({
        status: 'error',
        error: { type: 'audit_unavailable' },
      });
      expect([await remembered(key), (await auditRows(shared)).length]).toEqual([0, rowsBefore]);
      expect((await callTool(client, 'memory.add', args)).status).toBe('success');
      expect([await remembered(key), (await auditRows(shared)).length]).toEqual([
        1,
        rowsBefore + 1,
      ]);
      await client.close();
    },
  );
});
