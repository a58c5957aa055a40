import {
  type RoleBinding,
  type User,
  roleBindingSchema,
  userSchema,
} from '@cynodeai/contracts/gateway';
import { expect } from 'vitest';
import type { TestGateway } from './gateway.ts';
import { type Answer, call } from './http.ts';

export interface WithToken {
  readonly token: string;
}

export const password = 'correct horse battery';

/** One call as a user, with a JSON body when there is one. */
export function as(
  gateway: TestGateway,
  user: WithToken,
  method: string,
  path: string,
  json?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return call(gateway.url, method, path, { token: user.token, json, headers });
}

/** Creates a user over HTTP; it must be accepted. */
export async function createUser(
  gateway: TestGateway,
  admin: WithToken,
  handle: string,
): Promise<User> {
  const answer = await as(gateway, admin, 'POST', '/v1/users', { handle, password });
  expect(answer.status, answer.text).toBe(201);
  return userSchema.parse(answer.body);
}

/** Logs in with the usual password; it must be accepted. */
export async function login(
  gateway: TestGateway,
  handle: string,
  secret = password,
): Promise<{ readonly token: string; readonly refresh: string }> {
  const answer = await call(gateway.url, 'POST', '/v1/auth/login', {
    json: { handle, password: secret },
  });
  expect(answer.status, answer.text).toBe(200);
  return {
    token: String(answer.body['access_token']),
    refresh: String(answer.body['refresh_token']),
  };
}

/** Status of `GET /v1/users/me`. */
export async function meStatus(gateway: TestGateway, user: WithToken): Promise<number> {
  return (await as(gateway, user, 'GET', '/v1/users/me')).status;
}

/** Body of a grant of a system role to a user. */
export function systemGrant(userId: string, role: string): Record<string, string> {
  return { subject_type: 'user', subject_id: userId, role, scope_type: 'system' };
}

/** Grants over HTTP; it must be accepted. */
export async function grant(
  gateway: TestGateway,
  admin: WithToken,
  body: Record<string, string>,
): Promise<RoleBinding> {
  const answer = await as(gateway, admin, 'POST', '/v1/role-bindings', body);
  expect([200, 201], answer.text).toContain(answer.status);
  return roleBindingSchema.parse(answer.body);
}

export function authEvents(gateway: TestGateway, userId: string) {
  return gateway.db
    .selectFrom('auth_audit_log')
    .select(['event_type', 'subject_handle', 'success', 'reason', 'ip_address'])
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('event_type')
    .execute();
}

/** Rows of `gateway_audit_log` about one thing, in the order they were written. */
export function gatewayRows(gateway: TestGateway, resourceId: string) {
  return gateway.db
    .selectFrom('gateway_audit_log')
    .select(['user_id', 'action', 'resource_type', 'decision', 'status_code', 'details'])
    .where('resource_id', '=', resourceId)
    .orderBy('created_at')
    .execute();
}
