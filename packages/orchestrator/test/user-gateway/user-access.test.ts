import { randomUUID } from 'node:crypto';
import type { User } from '@cynodeai/contracts/gateway';
import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as, createUser, password } from './support/admin.ts';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { call } from './support/http.ts';
import { type TestUser, addUser, bindRole } from './support/users.ts';

let one: TestGateway;
/** A second gateway on the same database: what one decides binds the other. */
let two: TestGateway;
let root: TestUser;
let counter = 0;

beforeAll(async () => {
  one = await startTestGateway();
  two = await startTestGateway({ beside: one });
  root = await addUser(one, 'root');
  await bindRole(one, { type: 'user', id: root.id }, 'owner');
  await one.db.insertInto('users').values({ handle: 'system' }).execute();
});
afterAll(async () => {
  await two[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
});

const handleOf = (name: string): string => `${name}-${(counter += 1)}`;
const newUser = (name: string): Promise<User> => createUser(one, root, handleOf(name));

async function admin(role = 'admin'): Promise<TestUser> {
  const user = await addUser(one, handleOf(role));
  await bindRole(one, { type: 'user', id: user.id }, role);
  return user;
}

describe('user routes', () => {
  const routes = (id: string): readonly (readonly [string, string, unknown])[] => [
    ['POST', '/v1/users', { handle: handleOf('never'), password }],
    ['GET', '/v1/users', undefined],
    ['GET', `/v1/users/${id}`, undefined],
    ['POST', `/v1/users/${id}/disable`, undefined],
    ['POST', `/v1/users/${id}/enable`, undefined],
    ['POST', `/v1/users/${id}/revoke_sessions`, undefined],
    ['POST', `/v1/users/${id}/reset_password`, { new_password: 'a brand new secret' }],
    ['GET', '/v1/role-bindings', undefined],
    [
      'POST',
      '/v1/role-bindings',
      { subject_type: 'user', subject_id: id, role: 'viewer', scope_type: 'system' },
    ],
    ['DELETE', `/v1/role-bindings/${id}`, undefined],
  ];

  it.each(['operator', 'member', 'viewer', undefined])(
    'answer 403 to a caller with the system role %s, 401 without a token, and say so in the audit log',
    async (role) => {
      const target = await newUser('target');
      const caller = role === undefined ? await addUser(one, handleOf('plain')) : await admin(role);
      for (const [method, path, json] of routes(target.id)) {
        const answer = await as(one, caller, method, path, json);
        expect([path, answer.status, answer.kind]).toEqual([path, 403, 'authorization']);
        const anonymous = await call(one.url, method, path, { json });
        expect([path, anonymous.status]).toEqual([path, 401]);
      }
      const denied = await waitFor(async () => {
        const rows = await one.db
          .selectFrom('gateway_audit_log')
          .select(['action', 'decision', 'status_code', 'details'])
          .where('user_id', '=', caller.id)
          .execute();
        return rows.length === 10 ? rows : undefined;
      });
      expect(denied.every((row) => row.decision === 'deny' && row.status_code === 403)).toBe(true);
      expect(new Set(denied.map((row) => row.details?.['operation'])).size).toBe(10);
    },
  );

  it('answer 404 for an id nobody has and 400 for none at all', async () => {
    for (const [method, path, json] of routes(randomUUID())) {
      if (!path.startsWith('/v1/users/')) continue;
      const unknown = await as(one, root, method, path, json);
      expect([path, unknown.status, unknown.kind]).toEqual([path, 404, 'not_found']);
      const malformed = await as(one, root, method, path.replace(/[0-9a-f-]{36}/, 'bob'), json);
      expect([path, malformed.status]).toEqual([path, 400]);
    }
  });
});
