import { waitFor } from '@cynodeai/testing';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '@cynodeai/runtime/config';
import { deriveKey, signToken } from '@cynodeai/runtime/crypto';
import { uuidv7 } from '@cynodeai/runtime/std';
import { type TestGateway, startTestGateway, testKey } from './support/gateway.ts';
import { type Answer, type CallOptions, call } from './support/http.ts';
import { type TestUser, addUser, bindRole, setPassword } from './support/users.ts';

const password = 'correct horse battery';
let gateway: TestGateway;
let ada: TestUser;

beforeAll(async () => {
  gateway = await startTestGateway();
  ada = await addUser(gateway, 'ada');
  await setPassword(gateway, ada.id, password);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const post = (path: string, options: CallOptions): Promise<Answer> =>
  call(gateway.url, 'POST', path, options);
const login = (handle: string, secret: string, headers: Record<string, string> = {}) =>
  post('/v1/auth/login', { json: { handle, password: secret }, headers });
const me = (token: unknown) => call(gateway.url, 'GET', '/v1/users/me', { token: String(token) });
const refresh = (token: unknown) => post('/v1/auth/refresh', { json: { refresh_token: token } });

async function session(): Promise<{ readonly access: string; readonly refresh: string }> {
  const answer = await login('ada', password);
  expect(answer.status).toBe(200);
  return {
    access: String(answer.body['access_token']),
    refresh: String(answer.body['refresh_token']),
  };
}

const auditRows = (type: string) =>
  gateway.db
    .selectFrom('auth_audit_log')
    .selectAll()
    .where('event_type', '=', type as 'logout')
    .orderBy('created_at')
    .execute();

describe('a stranger', () => {
  it.each(['/v1/auth/login', '/v1/auth/refresh', '/v1/auth/logout'])(
    'has no more than 16 KiB of a body read at %s',
    async (path) => {
      const keys = Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":0`);
      const answer = await post(path, {
        raw: `{${keys.join(',')}}`,
        headers: { 'content-type': 'application/json' },
      });
      expect([answer.status, answer.kind]).toEqual([413, 'payload_too_large']);
    },
  );
});

describe('login', () => {
  it('opens a session whatever the case of the handle and says how long it lasts (REQ-IDENTY-0103)', async () => {
    const answer = await login('ADA', password, { 'user-agent': 'test' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 900 });
    const user = await me(answer.body['access_token']);
    expect(user.body).toMatchObject({
      id: ada.id,
      handle: 'ada',
      is_active: true,
      roles: [],
      group_ids: [],
    });
    const [row] = (await auditRows('login_success')).slice(-1);
    expect(row).toMatchObject({
      user_id: ada.id,
      subject_handle: 'ada',
      success: true,
      user_agent: 'test',
      ip_address: '127.0.0.1',
    });
  });

  it('answers every wrong pair with the same 401 and keeps why in the log only (REQ-IDENTY-0112, REQ-IDENTY-0118)', async () => {
    const inactive = await addUser(gateway, 'inactive');
    await setPassword(gateway, inactive.id, password);
    await gateway.db
      .updateTable('users')
      .set({ is_active: false, updated_at: new Date() })
      .where('id', '=', inactive.id)
      .execute();
    await addUser(gateway, 'passwordless');
    const bodies = new Set<string>();
    const pairs = [
      ['ada', 'wrong'],
      ['nobody', password],
      ['inactive', password],
      ['passwordless', password],
      ['system', password],
      ['\u0000bad', password],
    ] as const;
    for (const [handle, secret] of pairs) {
      const answer = await login(handle, secret);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      const { instance: _instance, ...rest } = answer.body;
      bodies.add(JSON.stringify(rest));
    }
    expect([...bodies]).toHaveLength(1);
    const rows = await waitFor(async () => {
      const found = await auditRows('login_failure');
      return found.some((row) => row.call_count === 3) ? found : undefined;
    });
    expect(rows.map((row) => `${row.reason}`).toSorted()).toEqual([
      'no_credential',
      'unknown_handle',
      'user_inactive',
      'wrong_password',
    ]);
    expect(gateway.log.text()).not.toContain(password);
  });

  it('takes a comparable time for an unknown handle and a wrong password', async () => {
    const time = async (handle: string): Promise<number> => {
      const started = performance.now();
      await login(handle, 'wrong');
      return performance.now() - started;
    };
    await login('ada', password);
    const known = await time('ada');
    const unknown = await time('some-stranger');
    expect(Math.max(known, unknown) / Math.min(known, unknown)).toBeLessThan(4);
    expect(unknown).toBeGreaterThan(20);
  });

  it('replaces a password hash that is weaker than today', async () => {
    const weak = await addUser(gateway, 'weak');
    const old = '$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$';
    const { argon2Sync } = await import('node:crypto');
    const key = argon2Sync('argon2id', {
      message: password,
      nonce: Buffer.from('somesaltsomesalt'),
      memory: 8192,
      passes: 1,
      parallelism: 1,
      tagLength: 32,
    });
    const stored = `${old}${key.toString('base64').replace(/=+$/, '')}`;
    await gateway.db
      .insertInto('password_credentials')
      .values({ user_id: weak.id, password_hash: Buffer.from(stored), hash_alg: 'argon2id' })
      .execute();
    expect((await login('weak', password)).status).toBe(200);
    const row = await gateway.db
      .selectFrom('password_credentials')
      .select('password_hash')
      .where('user_id', '=', weak.id)
      .executeTakeFirstOrThrow();
    expect(row.password_hash.toString()).toContain('m=65536,t=3,p=2');
    expect((await login('weak', password)).status).toBe(200);
  });
});

describe('a session', () => {
  it('ends at logout, also for an access token that has not expired (REQ-IDENTY-0106)', async () => {
    const tokens = await session();
    expect((await me(tokens.access)).status).toBe(200);
    expect((await post('/v1/auth/logout', { token: tokens.access })).status).toBe(204);
    expect((await me(tokens.access)).status).toBe(401);
    expect((await refresh(tokens.refresh)).status).toBe(401);
    expect((await auditRows('logout')).length).toBeGreaterThan(0);
  });

  it('ends by refresh token alone, and an unknown one is no error', async () => {
    const tokens = await session();
    expect(
      (await post('/v1/auth/logout', { json: { refresh_token: tokens.refresh } })).status,
    ).toBe(204);
    expect((await me(tokens.access)).status).toBe(401);
    expect((await post('/v1/auth/logout', { json: { refresh_token: 'unknown' } })).status).toBe(
      204,
    );
    expect((await post('/v1/auth/logout', {})).status).toBe(401);
    expect((await post('/v1/auth/logout', { token: 'x.y.z', json: {} })).status).toBe(401);
  });

  it('stops with its user at once (REQ-IDENTY-0100)', async () => {
    const bob = await addUser(gateway, 'bob');
    expect((await me(bob.token)).status).toBe(200);
    await gateway.db
      .updateTable('users')
      .set({ is_active: false, updated_at: new Date() })
      .where('id', '=', bob.id)
      .execute();
    expect((await me(bob.token)).status).toBe(401);
  });

  it('shows roles as they are now, from bindings and not from the token (REQ-ACCESS-0107)', async () => {
    const carol = await addUser(gateway, 'carol');
    const { id: groupId } = await gateway.db
      .insertInto('groups')
      .values({
        slug: 'ops',
        display_name: 'Ops',
        external_source: null,
        external_id: null,
        managed_by: null,
        last_synced_at: null,
        updated_by: 'system',
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await gateway.db
      .insertInto('group_memberships')
      .values({
        group_id: groupId,
        user_id: carol.id,
        external_source: null,
        external_id: null,
        managed_by: null,
        last_synced_at: null,
        updated_by: 'system',
      })
      .execute();
    await bindRole(gateway, { type: 'group', id: groupId }, 'operator');
    await bindRole(gateway, { type: 'user', id: carol.id }, 'galactic-emperor');
    expect((await me(carol.token)).body).toMatchObject({
      roles: ['operator'],
      group_ids: [groupId],
    });
    await gateway.db
      .updateTable('group_memberships')
      .set({ is_active: false, updated_at: new Date() })
      .where('user_id', '=', carol.id)
      .execute();
    expect((await me(carol.token)).body).toMatchObject({ roles: [], group_ids: [] });
  });

  it('takes the bearer scheme in any case and nothing else for an access token', async () => {
    const lower = await call(gateway.url, 'GET', '/v1/users/me', {
      headers: { authorization: `bearer ${ada.token}` },
    });
    expect(lower.status).toBe(200);
    const keyOf = (secret: string) => deriveKey(new Secret(secret), 'access token of a user');
    const right = {
      tokenType: 'access',
      audience: 'cynodeai:user-gateway',
      key: keyOf(testKey),
    };
    const now = gateway.clock.now();
    const signed = (purpose: Partial<typeof right>, ageMs = 0): Promise<string> =>
      signToken(
        {
          subject: ada.id,
          claims: { sid: ada.sessionId },
          issuedAt: new Date(now.getTime() - ageMs),
          expiresAt: new Date(now.getTime() + 60_000 - ageMs),
          id: uuidv7(),
        },
        { ...right, ...purpose },
      );
    expect((await me(await signed({}))).status).toBe(200);
    const wrong = await Promise.all([
      signed({ tokenType: 'node' }),
      signed({ audience: 'cynodeai:control-plane' }),
      signed({ key: keyOf('another-key-another-key-another-key') }),
      // As before each purpose had its own.
      signed({ key: Buffer.from(testKey) }),
      signed({}, 120_000),
    ]);
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${ada.token.split('.')[1]}.`;
    for (const token of [...wrong, none, 'nonsense']) {
      expect((await me(token)).status, token).toBe(401);
    }
    const basic = await call(gateway.url, 'GET', '/v1/users/me', {
      headers: { authorization: 'Basic YTpi' },
    });
    expect(basic.status).toBe(401);
  });
});

describe('a refresh', () => {
  it('lets one of twenty parallel calls through, whose tokens work (REQ-IDENTY-0105)', async () => {
    const tokens = await session();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(tokens.refresh)));
    const winners = answers.filter((answer) => answer.status === 200);
    expect(winners).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 401)).toHaveLength(19);
    expect((await me(winners[0]?.body['access_token'])).status).toBe(200);
    expect((await refresh(winners[0]?.body['refresh_token'])).status).toBe(200);
  });

  it('refuses a replay at once and ends the session when it comes late', async () => {
    const first = await session();
    const second = await refresh(first.refresh);
    gateway.clock.advance(9_000);
    expect((await refresh(first.refresh)).status).toBe(401);
    expect((await me(second.body['access_token'])).status).toBe(200);
    gateway.clock.advance(2_000);
    expect((await refresh(first.refresh)).status).toBe(401);
    expect((await me(second.body['access_token'])).status).toBe(401);
    expect((await refresh(second.body['refresh_token'])).status).toBe(401);
    expect((await auditRows('session_revoked')).at(-1)).toMatchObject({
      reason: 'reuse_detected',
      user_id: ada.id,
    });
    await waitFor(async () =>
      (await auditRows('refresh_failure')).some(
        (row) => row.reason === 'replayed' && row.user_id === ada.id,
      ),
    );
  });

  it('keeps only hashes', async () => {
    const tokens = await session();
    const rows = await gateway.db.selectFrom('refresh_sessions').selectAll().execute();
    expect(
      rows.some((row) =>
        row.refresh_token_hash.equals(createHash('sha256').update(tokens.refresh).digest()),
      ),
    ).toBe(true);
    expect(JSON.stringify(rows)).not.toContain(tokens.refresh);
    expect(gateway.log.text()).not.toContain(tokens.refresh);
  });

  it('never outlives thirty days after the login', async () => {
    const tokens = await session();
    let current = tokens.refresh;
    for (let day = 0; day < 28; day += 6) {
      gateway.clock.advance(6 * 24 * 3_600_000);
      const answer = await refresh(current);
      if (answer.status !== 200) {
        expect(day).toBeGreaterThanOrEqual(24);
        return;
      }
      current = String(answer.body['refresh_token']);
    }
    gateway.clock.advance(24 * 3_600_000);
    expect((await refresh(current)).status).toBe(401);
  });
});
