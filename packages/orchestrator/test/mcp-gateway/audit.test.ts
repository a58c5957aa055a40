import { waitFor } from '@cynodeai/testing';
import type { Client } from '@modelcontextprotocol/client';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CallLog } from '../../src/ports/mcp.ts';
import { fixtureTool } from './conformance/fixtures.ts';
import { type Envelope, callTool, connect } from './support/client.ts';
import {
  type TestMcpGateway,
  type TestWork,
  addUser,
  addWork,
  agentsOf,
  auditRows,
  startTestMcpGateway,
} from './support/gateway.ts';

/** Where the log of calls breaks. */
type Broken = 'insert' | 'open' | 'complete' | 'commit' | 'commit after it was done' | 'nowhere';

describe('the row of a call', () => {
  let gateway: TestMcpGateway;
  let work: TestWork;
  let manager: Client;
  let sandbox: Client;
  let broken: Broken = 'nowhere';
  let effects = 0;
  let release: () => void = () => {};

  /** The real log, with a break where a test wants one. */
  const breaking = (calls: CallLog): CallLog => {
    const unless = <T>(where: Broken, work: () => Promise<T>): Promise<T> =>
      broken === where ? Promise.reject(new Error(`no database: ${where}`)) : work();
    return {
      insert: (row, end) => unless('insert', () => calls.insert(row, end)),
      open: (row) => unless('open', () => calls.open(row)),
      complete: (id, end) => unless('complete', () => calls.complete(id, end)),
      commit: async (row, effect, endOf) => {
        const done = await unless('commit', () => calls.commit(row, effect, endOf));
        return unless('commit after it was done', async () => done);
      },
    };
  };

  beforeAll(async () => {
    const outside = fixtureTool('test_outside', async () => {
      effects += 1;
      return { done: true };
    });
    const failing = fixtureTool('test_failing', async () => {
      effects += 1;
      throw new Error('the service is away');
    });
    const slow = fixtureTool('test_slow', async ({ signal }) => {
      await new Promise<void>((resolve) => {
        release = resolve;
        signal.addEventListener('abort', () => resolve());
      });
      return { done: true };
    });
    const hurried = fixtureTool('test_hurried', () => new Promise(() => {}), { timeoutMs: 50 });
    const tools = [outside, failing, slow, hurried];
    gateway = await startTestMcpGateway({ tools, calls: breaking });
    work = await addWork(gateway, await addUser(gateway, 'ada'));
    const agents = await agentsOf(gateway, work);
    manager = await connect(gateway, agents.project_manager);
    sandbox = await connect(gateway, agents.sandbox);
  });
  afterEach(() => {
    broken = 'nowhere';
    effects = 0;
  });
  afterAll(async () => {
    await manager.close();
    await sandbox.close();
    await gateway[Symbol.asyncDispose]();
  });

  /** The answer of a call, and the rows it left. */
  async function observed(call: () => Promise<Envelope>) {
    const before = (await auditRows(gateway)).length;
    const answer = await call();
    const rows = (await auditRows(gateway)).slice(before);
    return { type: answer.error?.type ?? 'success', rows: rows.map((row) => row.error_type) };
  }

  const write = (key: string): Promise<Envelope> =>
    callTool(sandbox, 'memory.add', {
      task_id: work.taskId,
      job_id: work.jobId,
      key,
      content: 'x',
    });

  async function remembered(key: string): Promise<number> {
    const { rows } = await sql`select 1 from job_memories where key = ${key}`.execute(gateway.db);
    return rows.length;
  }

  it('is written with the effect, or neither is', async () => {
    expect(await observed(() => write('a'))).toEqual({ type: 'success', rows: [null] });
    expect(await remembered('a')).toBe(1);
    broken = 'commit';
    expect(await observed(() => write('b'))).toEqual({ type: 'audit_unavailable', rows: [] });
    expect(await remembered('b')).toBe(0);
    // A connection lost at the commit: effect and row are there, and the caller is told that nobody knows.
    broken = 'commit after it was done';
    expect(await observed(() => write('c'))).toEqual({ type: 'audit_unavailable', rows: [null] });
    expect(await remembered('c')).toBe(1);
  });

  it('stays when the effect fails and is undone', async () => {
    const args = {
      task_id: work.taskId,
      description: 'other',
      expected_updated_at: new Date(0).toISOString(),
    };
    expect(await observed(() => callTool(manager, 'db.task.update', args))).toEqual({
      type: 'conflict',
      rows: ['conflict'],
    });
    const { rows } = await sql`select 1 from tasks where description = 'other'`.execute(gateway.db);
    expect(rows).toEqual([]);
  });

  it('comes before what acts elsewhere, and is completed once', async () => {
    const call = (name: string) => () => callTool(sandbox, name);
    expect(await observed(call('test_outside'))).toEqual({ type: 'success', rows: [null] });
    expect(effects).toBe(1);
    broken = 'open';
    expect(await observed(call('test_outside'))).toEqual({ type: 'audit_unavailable', rows: [] });
    expect(effects).toBe(1);
    broken = 'nowhere';
    expect(await observed(call('test_failing'))).toEqual({ type: 'internal', rows: ['internal'] });
    // It cannot be completed: it stays as if the call had been interrupted.
    broken = 'complete';
    const { type, rows } = await observed(call('test_outside'));
    expect([type, rows]).toEqual(['internal', ['interrupted']]);
    expect((await auditRows(gateway)).at(-1)?.completed_at).toBeNull();
  });

  it('is written for a read before its answer, else there is none', async () => {
    const call = (): Promise<Envelope> =>
      callTool(manager, 'db.task.get', { task_id: work.taskId });
    expect(await observed(call)).toEqual({ type: 'success', rows: [null] });
    broken = 'insert';
    expect(await observed(call)).toEqual({ type: 'audit_unavailable', rows: [] });
    expect(gateway.log.text()).not.toContain('say hello');
  });

  it('tells of a tool that took too long, and of a client that left', async () => {
    expect(await observed(() => callTool(sandbox, 'test_hurried'))).toEqual({
      type: 'tool_timeout',
      rows: ['tool_timeout'],
    });
    const before = (await auditRows(gateway)).length;
    const leaving = new AbortController();
    const left = sandbox.callTool({ name: 'test_slow', arguments: {} }, { signal: leaving.signal });
    left.catch(() => {});
    await waitFor(async () => (await auditRows(gateway)).length > before);
    leaving.abort();
    await waitFor(async () => (await auditRows(gateway)).at(-1)?.completed_at !== null);
    expect((await auditRows(gateway)).slice(before)).toMatchObject([
      { tool_name: 'test_slow', decision: 'allow', status: 'error', error_type: 'interrupted' },
    ]);
    release();
  });

  it('holds nothing of arguments and results', async () => {
    await callTool(sandbox, 'memory.add', {
      task_id: work.taskId,
      job_id: work.jobId,
      key: 'private-key-name',
      content: 'private content',
    });
    const { rows } = await sql<{ readonly row: string }>`
      select to_jsonb(l)::text as row from mcp_tool_call_audit_log l`.execute(gateway.db);
    const all = rows.map(({ row }) => row).join('\n');
    for (const word of ['private', 'say hello']) expect(all).not.toContain(word);
  });
});
