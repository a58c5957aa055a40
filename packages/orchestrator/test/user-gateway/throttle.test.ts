import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { type Answer, call } from './support/http.ts';
import { addUser, setPassword } from './support/users.ts';

const password = 'correct horse battery';

/** Answers of the first limit's tests that were no success; each of them is counted in one row or another. */
let refused = 0;

async function noted(calling: Promise<Answer>): Promise<Answer> {
  const answer = await calling;
  if (answer.status !== 200) refused += 1;
  return answer;
}

function attempt(
  gateway: TestGateway,
  handle: string,
  secret: string,
  from = '192.0.2.1',
): Promise<Answer> {
  const json = { handle, password: secret };
  const headers = { 'x-forwarded-for': from };
  return noted(call(gateway.url, 'POST', '/v1/auth/login', { json, headers }));
}

const refresh = (gateway: TestGateway): Promise<Answer> =>
  noted(call(gateway.url, 'POST', '/v1/auth/refresh', { json: { refresh_token: 'x' } }));

const retryAfter = (answer: Answer): number => Number(answer.headers.get('retry-after'));

/** Rows of refused attempts, once they count so many. */
const refusals = (gateway: TestGateway, total: number) =>
  waitFor(async () => {
    const rows = await gateway.db
      .selectFrom('auth_audit_log')
      .selectAll()
      .where('reason', '=', 'rate_limited')
      .orderBy('event_type')
      .orderBy('created_at')
      .execute();
    return rows.reduce((sum, row) => sum + (row.call_count ?? 0), 0) >= total ? rows : undefined;
  });

describe('the limit per client address', () => {
  let one: TestGateway;
  let two: TestGateway;
  beforeAll(async () => {
    one = await startTestGateway({ env: { RATE_LIMIT_PER_MINUTE: '6' } });
    two = await startTestGateway({ env: { RATE_LIMIT_PER_MINUTE: '6' }, beside: one });
  });
  afterAll(async () => {
    await two[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
  });

  /** Refusals of a minute share a row with those that were not written when it ended: each clock step waits for them. */
  async function moveOn(ms: number): Promise<void> {
    await waitFor(async () => {
      const rows = await one.db.selectFrom('auth_audit_log').select('call_count').execute();
      return rows.reduce((sum, row) => sum + (row.call_count ?? 0), 0) === refused;
    });
    one.clock.advance(ms);
  }

  it('counts logins and refreshes at both gateways together and ignores forged forwarding headers (REQ-IDENTY-0116)', async () => {
    const statuses: number[] = [];
    for (const [index, gateway] of [one, two, one, two].entries()) {
      statuses.push((await attempt(gateway, `user-${index}`, 'x', `198.51.100.${index}`)).status);
    }
    for (const gateway of [one, two]) statuses.push((await refresh(gateway)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401]);
    await moveOn(20_000);
    for (const gateway of [one, two]) {
      const refused = await attempt(gateway, 'user-9', 'x', '203.0.113.7');
      expect([refused.status, refused.kind, retryAfter(refused)]).toEqual([429, 'rate_limit', 40]);
      expect((await refresh(gateway)).status).toBe(429);
    }
    const client = { ip_address: '127.0.0.1', subject_handle: null, call_count: 2 };
    expect(await refusals(one, 4)).toMatchObject([
      { event_type: 'login_failure', ...client },
      { event_type: 'refresh_failure', ...client },
    ]);
  });

  it('counts refused attempts too and lets the address in again when Retry-After is over', async () => {
    await moveOn(61_000);
    for (let index = 0; index < 6; index += 1) await refresh(one);
    await moveOn(40_000);
    for (let index = 0; index < 6; index += 1) expect((await refresh(two)).status).toBe(429);
    await moveOn(30_000);
    const stillRefused = await refresh(one);
    expect([stillRefused.status, retryAfter(stillRefused)]).toEqual([429, 30]);
    await moveOn(29_000);
    expect((await refresh(one)).status).toBe(429);
    await moveOn(60_001);
    expect((await refresh(two)).status).toBe(401);
  });

  it('keeps one bounded row per address and one audit row for a flood of refreshes, and sweeps it', async () => {
    await moveOn(120_000);
    const since = one.clock.now();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => refresh(index % 2 === 0 ? one : two)),
    );
    expect(answers.filter((answer) => answer.status === 401)).toHaveLength(6);
    expect(answers.filter((answer) => answer.status === 429)).toHaveLength(54);
    const added = (await refusals(one, 4 + 8 + 54)).filter((row) => row.created_at >= since);
    expect(added).toMatchObject([{ event_type: 'refresh_failure', call_count: 54 }]);
    const rows = () => one.db.selectFrom('auth_attempts').selectAll().execute();
    const address = (await rows()).find((row) => row.key === 'address:127.0.0.1');
    expect(address?.attempts).toHaveLength(8);
    await moveOn(60_001);
    await waitFor(async () => (await rows()).length === 0);
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
  let one: TestGateway;
  let two: TestGateway;
  beforeAll(async () => {
    const env = { TRUSTED_PROXIES: '127.0.0.1' };
    one = await startTestGateway({ env });
    two = await startTestGateway({ env, beside: one });
    for (const handle of ['eve', 'max', 'tim']) {
      await setPassword(one, (await addUser(one, handle)).id, password);
    }
  });
  afterAll(async () => {
    await two[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
  });

  it.each(['eve', 'nobody-there'])(
    'lock %s out after five failures from any address at any gateway, longer each time, alike for handles nobody has (REQ-IDENTY-0117)',
    async (handle) => {
      for (let index = 0; index < 5; index += 1) {
        const gateway = index % 2 === 0 ? one : two;
        expect((await attempt(gateway, handle, 'wrong', `198.51.100.${index}`)).status).toBe(401);
      }
      const locked = await attempt(two, handle, password, '203.0.113.1');
      expect([locked.status, retryAfter(locked)]).toEqual([429, 30]);
      one.clock.advance(30_001);
      expect((await attempt(one, handle, 'wrong')).status).toBe(401);
      expect(retryAfter(await attempt(two, handle, password))).toBe(60);
      one.clock.advance(60_001);
      for (const expected of [120, 240, 480, 900, 900]) {
        expect((await attempt(two, handle, 'wrong')).status).toBe(401);
        expect(retryAfter(await attempt(one, handle, 'wrong'))).toBe(expected);
        one.clock.advance(expected * 1000 + 1);
      }
    },
  );

  it('forget the failures at a success', async () => {
    expect((await attempt(one, 'eve', password)).status).toBe(200);
    for (let index = 0; index < 4; index += 1) await attempt(one, 'eve', 'wrong');
    expect((await attempt(two, 'eve', password)).status).toBe(200);
    const rows = (await refusals(one, 14)).filter((row) => row.subject_handle === 'eve');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every((row) => row.event_type === 'login_failure')).toBe(true);
  });

  it('let ten attempts a minute through, also when they come at once and at two gateways', async () => {
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        attempt(index % 2 === 0 ? one : two, 'max', password, `198.51.100.${index}`),
      ),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(10);
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused).toHaveLength(6);
    expect(refused.map(retryAfter)).toEqual([60, 60, 60, 60, 60, 60]);
    one.clock.advance(60_001);
    expect((await attempt(one, 'max', password)).status).toBe(200);
  });

  it('answer a refused handle alike whether anybody has it', async () => {
    const bodies = new Set<string>();
    for (const handle of ['tim', 'never-heard-of']) {
      for (let index = 0; index < 5; index += 1) await attempt(one, handle, 'wrong');
      const { instance: _instance, ...rest } = (await attempt(two, handle, 'wrong')).body;
      bodies.add(JSON.stringify(rest));
    }
    expect([...bodies]).toHaveLength(1);
  });
});
