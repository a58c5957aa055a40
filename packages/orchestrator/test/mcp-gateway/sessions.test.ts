import { createMCPClient } from '@ai-sdk/mcp';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionVersions } from '../../src/adapters/mcp/mcp-protocol.ts';
import { postgresAgentTokens } from '../../src/adapters/postgres/mcp/agent-tokens.ts';
import { callTool, connect } from './support/client.ts';
import {
  type TestMcpGateway,
  type TestWork,
  addUser,
  addWork,
  agentsOf,
  auditRows,
  issue,
  startTestMcpGateway,
} from './support/gateway.ts';

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  },
};
const list = { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} };

describe('sessions and tokens of agents', () => {
  let gateway: TestMcpGateway;
  let work: TestWork;
  let agents: Awaited<ReturnType<typeof agentsOf>>;
  beforeAll(async () => {
    gateway = await startTestMcpGateway();
    work = await addWork(gateway, await addUser(gateway, 'ada'));
    agents = await agentsOf(gateway, work);
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  const send = (
    message: unknown,
    headers: Readonly<Record<string, string>> = {},
    token: string = agents.sandbox.token,
    method = 'POST',
  ): Promise<Response> =>
    fetch(gateway.url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json, text/event-stream',
        ...(method === 'POST' && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(method === 'POST' && {
        body: typeof message === 'string' ? message : JSON.stringify(message),
      }),
    });

  async function newSession(token?: string): Promise<string> {
    const answer = await send(initialize, {}, token);
    await answer.text();
    return answer.headers.get('mcp-session-id') ?? '';
  }

  const status = async (session: string, token?: string): Promise<number> => {
    const answer = await send(list, { 'mcp-session-id': session }, token);
    await answer.text();
    return answer.status;
  };

  it('go on through a restart, also of a client of another maker with nothing but URL and token', async () => {
    const official = await connect(gateway, agents.sandbox);
    const modern = await connect(gateway, agents.sandbox, '2026-07-28');
    const headers = { authorization: `Bearer ${agents.sandbox.token}` };
    const other = await createMCPClient({ transport: { type: 'http', url: gateway.url, headers } });
    const before = await other.tools();
    await gateway.restart();
    const after = await other.tools();
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(Object.keys(after)).toContain('artifact.list');
    const listed: unknown = await after['artifact.list']?.execute?.(
      { task_id: work.taskId },
      { toolCallId: '1', messages: [], context: {} },
    );
    expect(listed).toMatchObject({ structuredContent: { status: 'success' } });
    for (const client of [official, modern]) {
      const answer = await callTool(client, 'artifact.list', { task_id: work.taskId });
      expect(answer.status).toBe('success');
      await client.close();
    }
    await other.close();
  });

  it('end by DELETE on every gateway, and after half an hour of rest', async () => {
    const session = await newSession();
    expect(await status(session)).toBe(200);
    const ended = await send(undefined, { 'mcp-session-id': session }, undefined, 'DELETE');
    expect(ended.status).toBe(204);
    expect(await status(session)).toBe(404);
    await gateway.restart();
    expect(await status(session)).toBe(404);

    const { token } = agents.project_analyst;
    const resting = await newSession(token);
    gateway.clock.advance(29 * 60_000);
    expect(await status(resting, token)).toBe(200);
    gateway.clock.advance(29 * 60_000);
    expect(await status(resting, token)).toBe(200);
    gateway.clock.advance(31 * 60_000);
    expect(await status(resting, token)).toBe(404);
  });

  it('are asked for, cannot be made up, and are of one token', async () => {
    const { sandbox, project_analyst: analyst } = await agentsOf(gateway, work);
    const session = await newSession(sandbox.token);
    const without = await send(list, {}, sandbox.token);
    expect([without.status, await without.json()]).toMatchObject([
      400,
      { error: { code: -32_000 } },
    ]);
    expect(await status(session, sandbox.token)).toBe(200);
    expect(await status(session, analyst.token)).toBe(404);
    expect(await status(`${session.slice(0, -2)}AA`, sandbox.token)).toBe(404);
    expect(await status('x', sandbox.token)).toBe(404);
    expect(sessionVersions).toEqual(SUPPORTED_PROTOCOL_VERSIONS);
  });

  it('are given for a token that is good now, for this server, of an active user', async () => {
    const good = await issue(gateway, { agent: 'project_manager', audience: 'mcp' });
    const inference = await issue(gateway, { agent: 'project_manager', audience: 'inference' });
    const { userId, taskId } = work;
    const deadline = gateway.clock.now();
    const job = { userId, taskId, jobId: work.jobId, projectId: undefined, deadline } as const;
    const short = await issue(gateway, { agent: 'sandbox', audience: 'mcp', ...job });
    const of = async (token: string): Promise<number> => (await send(initialize, {}, token)).status;
    expect(await of(good.token)).toBe(200);
    expect(await of(inference.token)).toBe(401);
    expect(await of('not-a-token-of-anybody')).toBe(401);
    expect(await of(short.token)).toBe(200);
    gateway.clock.advance(6 * 60_000);
    expect(await of(short.token)).toBe(401);
    await postgresAgentTokens(gateway.db).revoke({ id: good.id }, gateway.clock.now());
    expect(await of(good.token)).toBe(401);
    const stranger = await addWork(gateway, await addUser(gateway, 'bob'));
    const theirs = await agentsOf(gateway, stranger);
    expect(await of(theirs.sandbox.token)).toBe(200);
    await gateway.db
      .updateTable('users')
      .set({ is_active: false })
      .where('id', '=', stranger.userId)
      .execute();
    expect(await of(theirs.sandbox.token)).toBe(401);
    const told = gateway.log.text();
    for (const { token } of [good, inference, short, theirs.sandbox])
      expect(told).not.toContain(token);
  });

  it('meet the forms of the protocol where a message is none of it', async () => {
    const { sandbox } = await agentsOf(gateway, work);
    const session = { 'mcp-session-id': await newSession(sandbox.token) };
    const rows = (await auditRows(gateway)).length;
    const ask = async (message: unknown, headers: Readonly<Record<string, string>> = session) => {
      const answer = await send(message, headers, sandbox.token);
      const body = await answer.text();
      return { status: answer.status, code: /"code":(-\d+)/.exec(body)?.[1], body };
    };
    expect(await ask('{')).toMatchObject({ status: 400, code: '-32700' });
    expect(await ask([list])).toMatchObject({ status: 400, code: '-32600' });
    expect(await ask({ ...list, method: 'no/such' })).toMatchObject({ code: '-32601' });
    expect(await ask(list, { ...session, origin: 'https://evil.example' })).toMatchObject({
      status: 403,
    });
    expect(await ask(`"${'x'.repeat(17 * 1024 * 1024)}"`)).toMatchObject({ status: 413 });
    expect((await send(undefined, session, sandbox.token, 'GET')).status).toBe(405);
    expect((await auditRows(gateway)).length).toBe(rows);
    const unknown = { name: 'no.such.tool', arguments: {} };
    const call = await ask({ ...list, method: 'tools/call', params: unknown });
    expect(call).toMatchObject({ code: '-32602' });
    expect((await auditRows(gateway)).slice(rows)).toMatchObject([
      { tool_name: 'no.such.tool', decision: 'deny', error_type: 'unknown_tool' },
    ]);
  });
});
