import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { type Answer, call } from './support/http.ts';
import { addUser, setPassword } from './support/users.ts';

const password = 'correct horse battery';

function attempt(
  gateway: TestGateway,
  handle: string,
  secret: string,
  from = '192.0.2.1',
): Promise<Answer> {
  return call(gateway.url, 'POST', '/v1/auth/login', {
    json: { handle, password: secret },
    headers: { 'x-forwarded-for': from },
  });
}

const retryAfter = (answer: Answer): number => Number(answer.headers.get('retry-after'));

describe('the limit per client address', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ env: { RATE_LIMIT_PER_MINUTE: '6' } });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it('counts logins and refreshes together and ignores forged forwarding headers (REQ-IDENTY-0116)', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      statuses.push((await attempt(gateway, `user-${index}`, 'x', `198.51.100.${index}`)).status);
    }
    for (let index = 0; index < 2; index += 1) {
      const answer = await call(gateway.url, 'POST', '/v1/auth/refresh', {
        json: { refresh_token: 'x' },
      });
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401]);
    const refused = await attempt(gateway, 'user-9', 'x', '203.0.113.7');
    expect(refused.status).toBe(429);
    expect(retryAfter(refused)).toBeGreaterThan(0);
    expect(retryAfter(refused)).toBeLessThanOrEqual(60);
    const refusedRefresh = await call(gateway.url, 'POST', '/v1/auth/refresh', {
      json: { refresh_token: 'x' },
    });
    expect(refusedRefresh.status).toBe(429);
    const rows = await gateway.db
      .selectFrom('auth_audit_log')
      .selectAll()
      .where('reason', '=', 'rate_limited')
      .execute();
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ event_type: 'login_failure', ip_address: '127.0.0.1' });
    gateway.clock.advance(61_000);
    expect((await attempt(gateway, 'user-9', 'x')).status).toBe(401);
  });
});

describe('a trusted proxy', () => {
  it('is believed about the client address', async () => {
    await using gateway = await startTestGateway({
      env: { RATE_LIMIT_PER_MINUTE: '1', TRUSTED_PROXIES: '127.0.0.0/8, ::1' },
    });
    expect((await attempt(gateway, 'a-user', 'x', '198.51.100.1')).status).toBe(401);
    expect((await attempt(gateway, 'b-user', 'x', '198.51.100.1')).status).toBe(429);
    expect((await attempt(gateway, 'c-user', 'x', '198.51.100.2')).status).toBe(401);
  });
});

describe('the limits per handle', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
    const eve = await addUser(gateway, 'eve');
    await setPassword(gateway, eve.id, password);
    const max = await addUser(gateway, 'max');
    await setPassword(gateway, max.id, password);
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it.each(['eve', 'nobody-there'])(
    'lock %s out after five failures from any address, longer each time, alike for handles nobody has (REQ-IDENTY-0117)',
    async (handle) => {
      for (let index = 0; index < 5; index += 1) {
        expect((await attempt(gateway, handle, 'wrong', `198.51.100.${index}`)).status).toBe(401);
      }
      const locked = await attempt(gateway, handle, password, '203.0.113.1');
      expect([locked.status, retryAfter(locked)]).toEqual([429, 30]);
      gateway.clock.advance(30_001);
      expect((await attempt(gateway, handle, 'wrong')).status).toBe(401);
      expect(retryAfter(await attempt(gateway, handle, password))).toBe(60);
      gateway.clock.advance(60_001);
      for (const expected of [120, 240, 480, 900, 900]) {
        expect((await attempt(gateway, handle, 'wrong')).status).toBe(401);
        expect(retryAfter(await attempt(gateway, handle, 'wrong'))).toBe(expected);
        gateway.clock.advance(expected * 1000 + 1);
      }
    },
  );

  it('forget the failures at a success and are shared through the database', async () => {
    expect((await attempt(gateway, 'eve', password)).status).toBe(200);
    for (let index = 0; index < 4; index += 1) await attempt(gateway, 'eve', 'wrong');
    expect((await attempt(gateway, 'eve', password)).status).toBe(200);
    const rows = await gateway.db
      .selectFrom('auth_audit_log')
      .select('success')
      .where('subject_handle', '=', 'eve')
      .where('reason', '=', 'rate_limited')
      .execute();
    expect(rows.length).toBeGreaterThan(0);
  });

  it('let ten attempts a minute through, also when they come at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => attempt(gateway, 'max', password)),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(10);
    expect(answers.filter((answer) => answer.status === 429)).toHaveLength(6);
  });
});
