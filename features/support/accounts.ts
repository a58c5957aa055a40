import { send, textAt, type Answer } from '@cynodeai/testing/harness';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { OrchestratorWorld } from './orchestrator-world.ts';

/** A user the administrator made, with the latest session. */
export interface Account {
  readonly id: string;
  readonly handle: string;
  password: string;
  token: string;
  refreshToken: string;
  /** The one exchanged last. */
  usedRefreshToken: string;
}

const accounts = new WeakMap<OrchestratorWorld, Map<string, Account>>();

function accountsOf(world: OrchestratorWorld): Map<string, Account> {
  const known = accounts.get(world) ?? new Map<string, Account>();
  accounts.set(world, known);
  return known;
}

export function newPassword(): string {
  return randomBytes(12).toString('base64url');
}

export function accountOf(world: OrchestratorWorld, handle: string): Account {
  const account = accountsOf(world).get(handle);
  assert.ok(account !== undefined, `the scenario has no user ${handle}`);
  return account;
}

/** Creates a user as the signed-in administrator. */
export async function createAccount(world: OrchestratorWorld, handle: string): Promise<Answer> {
  const password = newPassword();
  const answer = await world.gateway('POST', '/v1/users', { handle, password });
  if (answer.status === 201) {
    const id = textAt(answer.json, 'id');
    const none = { token: '', refreshToken: '', usedRefreshToken: '' };
    accountsOf(world).set(handle, { id, handle, password, ...none });
  }
  return answer;
}

export function tryLogin(
  world: OrchestratorWorld,
  handle: string,
  password: string,
): Promise<Answer> {
  return send('POST', `${world.orchestrator.gateway}/v1/auth/login`, {
    json: { handle, password },
  });
}

/** Logs in and keeps the session. */
export async function logIn(world: OrchestratorWorld, handle: string): Promise<void> {
  const account = accountOf(world, handle);
  const answer = await tryLogin(world, handle, account.password);
  assert.equal(answer.status, 200, answer.text);
  account.token = textAt(answer.json, 'access_token');
  account.refreshToken = textAt(answer.json, 'refresh_token');
}

/** One request as a user the administrator made. */
export function asAccount(
  world: OrchestratorWorld,
  handle: string,
  method: string,
  path: string,
  json?: unknown,
): Promise<Answer> {
  const { token } = accountOf(world, handle);
  return send(method, `${world.orchestrator.gateway}${path}`, { token, json });
}

export function systemGrant(userId: string, role: string): Readonly<Record<string, string>> {
  return { subject_type: 'user', subject_id: userId, role, scope_type: 'system' };
}
