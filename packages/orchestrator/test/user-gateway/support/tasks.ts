import {
  type CreateTaskRequest,
  type Task,
  type TaskList,
  taskListSchema,
  taskSchema,
} from '@cynodeai/contracts/gateway';
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { TestGateway } from './gateway.ts';
import { type Answer, call } from './http.ts';

interface WithToken {
  readonly token: string;
}

/** Asks for a task and returns whatever was answered. */
export function tryCreate(
  gateway: TestGateway,
  user: WithToken,
  json: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return call(gateway.url, 'POST', '/v1/tasks', { token: user.token, json, headers });
}

/** Creates a task that must be accepted. */
export async function create(
  gateway: TestGateway,
  user: WithToken,
  json: CreateTaskRequest,
): Promise<Task> {
  const answer = await tryCreate(gateway, user, json);
  expect(answer.status, answer.text).toBe(201);
  return taskSchema.parse(answer.body);
}

export function get(gateway: TestGateway, user: WithToken, path: string): Promise<Answer> {
  return call(gateway.url, 'GET', path, { token: user.token });
}

export async function list(gateway: TestGateway, user: WithToken, query = ''): Promise<TaskList> {
  const answer = await get(gateway, user, `/v1/tasks${query}`);
  expect(answer.status, answer.text).toBe(200);
  return taskListSchema.parse(answer.body);
}

export function cancel(gateway: TestGateway, user: WithToken, id: string): Promise<Answer> {
  return call(gateway.url, 'POST', `/v1/tasks/${id}/cancel`, { token: user.token });
}

export const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');

/** True once a waiter of the gateway has looked at a task's status. */
export async function isWaiting(gateway: TestGateway): Promise<boolean> {
  const { rows } = await sql`
    select 1 from pg_stat_activity
     where datname = current_database() and application_name = 'cynode-user-gateway'
       and query ~ 'select status from tasks'`.execute(gateway.db);
  return rows.length > 0;
}
