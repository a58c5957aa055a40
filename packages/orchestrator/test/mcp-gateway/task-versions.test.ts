import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callTool, connect } from './support/client.ts';
import {
  type TestMcpGateway,
  addUser,
  issue,
  openContext,
  startTestMcpGateway,
} from './support/gateway.ts';

interface Seen {
  readonly id: string;
  readonly updated_at: string;
}

const update = ['db.task.update', { summary: 'x' }] as const;
const to = (status: string) => ['db.task.update_status', { status }] as const;

describe('the moment a task was changed at', () => {
  /** Its clock stands still. */
  let gateway: TestMcpGateway;
  let chat: Client;
  beforeAll(async () => {
    gateway = await startTestMcpGateway();
    const contextId = await openContext(gateway, { userId: await addUser(gateway, 'ada') });
    const { token } = await issue(gateway, { agent: 'project_manager', audience: 'mcp' });
    chat = await connect(gateway, { token, contextId });
  });
  afterAll(async () => {
    await chat.close();
    await gateway[Symbol.asyncDispose]();
  });

  async function changed(name: string, args: Record<string, unknown>): Promise<Seen> {
    const { result, error } = await callTool(chat, name, args);
    expect(error, name).toBeUndefined();
    return (result as { readonly task: Seen }).task;
  }

  it.each([
    ['begun', [to('running')]],
    ['begun and ended', [to('running'), to('completed')]],
    ['canceled', [to('canceled')]],
    ['changed and failed', [update, to('failed')]],
    ['changed, begun, changed and ended', [update, update, to('running'), update, to('failed')]],
  ])('is later with every change of one that is %s', async (_, changes) => {
    const made = await changed('db.task.create', { prompt: 'say hello' });
    const seen = [made.updated_at];
    for (const [name, args] of changes) {
      const { updated_at: at } = await changed(name, { task_id: made.id, ...args });
      expect(at > (seen.at(-1) ?? ''), `${name}: ${at} after ${seen.join()}`).toBe(true);
      seen.push(at);
    }
    for (const stale of seen.slice(0, -1)) {
      const late = { task_id: made.id, summary: 'late', expected_updated_at: stale };
      const { error } = await callTool(chat, 'db.task.update', late);
      expect(error?.type, stale).toBe('conflict');
    }
  });
});
