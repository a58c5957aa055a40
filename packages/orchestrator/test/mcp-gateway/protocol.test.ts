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

describe('the MCP gateway', () => {
  let gateway: TestMcpGateway;
  let work: TestWork;
  let agents: Awaited<ReturnType<typeof agentsOf>>;
  beforeAll(async () => {
    gateway = await startTestMcpGateway();
    work = await addWork(gateway, await addUser(gateway, 'ada'));
    agents = await agentsOf(gateway, work);
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it.each(['2025-11-25', '2026-07-28'] as const)(
    'answers a call of the official client in revision %s, with one row',
    async (revision) => {
      const before = (await auditRows(gateway)).length;
      const client = await connect(gateway, agents.project_manager, revision);
      expect(client.getNegotiatedProtocolVersion()).toBe(revision);
      const answer = await callTool(client, 'task.get', { task_id: work.taskId });
      expect(answer).toMatchObject({
        status: 'success',
        result: { task: { id: work.taskId, prompt: 'say hello', status: 'running' } },
      });
      await client.close();
      expect((await auditRows(gateway)).slice(before)).toMatchObject([
        {
          tool_name: 'db.task.get',
          decision: 'allow',
          status: 'success',
          error_type: null,
          task_id: work.taskId,
          user_id: work.userId,
          agent_type: 'project_manager',
          reason: 'granted',
        },
      ]);
    },
  );
});
