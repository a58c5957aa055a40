import { randomUUID } from 'node:crypto';
import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as, password } from './support/admin.ts';
import { Administration } from './support/administration.ts';
import type { TestGateway } from './support/gateway.ts';
import { call } from './support/http.ts';
import { type TestUser, addUser } from './support/users.ts';

let office: Administration;
let one: TestGateway;
let root: TestUser;

beforeAll(async () => {
  office = await Administration.start();
  ({ one, root } = office);
});
afterAll(() => office[Symbol.asyncDispose]());

describe('user routes', () => {
  const routes = (id: string): readonly (readonly [string, string, unknown])[] => [
    ['POST', '/v1/users', { handle: office.handleOf('never'), password }],
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
      const target = await office.newUser('target');
      const caller =
        role === undefined
          ? await addUser(one, office.handleOf('plain'))
          : await office.holderOf(role);
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
