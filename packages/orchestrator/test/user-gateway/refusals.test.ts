import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { waitFor } from '@cynodeai/testing';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { call } from './support/http.ts';
import { addUser, setPassword } from './support/users.ts';

const password = 'correct horse battery';

let one: TestGateway;
let two: TestGateway;
beforeAll(async () => {
  const env = { TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT_PER_MINUTE: '2' };
  one = await startTestGateway({ env });
  two = await startTestGateway({ env, beside: one });
});
afterAll(async () => {
  await two[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
});

/** Tests do not share a minute. */
function nextMinute(): Date {
  one.clock.advance(60_000);
  return one.clock.now();
}

async function countedSince(since: Date, total: number) {
  return waitFor(async () => {
    const rows = await one.db
      .selectFrom('gateway_audit_log')
      .selectAll()
      .where('created_at', '>=', since)
      .where('user_id', 'is', null)
      .orderBy('group_key')
      .execute();
    const sum = rows.reduce((all, row) => all + (row.call_count ?? 1), 0);
    return sum >= total ? { rows, sum } : undefined;
  });
}

/** Calls in a few lanes, so that a flood needs no thousand connections. */
async function flood(times: number, each: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < times) await each(next++);
  };
  await Promise.all(Array.from({ length: 16 }, lane));
}

const from = (ip: string) => ({ 'x-forwarded-for': ip });

describe('refusals of nobody known', () => {
  it('are one row however many there are, at both gateways together, and the row counts them', async () => {
    const since = nextMinute();
    await flood(4000, async (index) => {
      const { url } = index % 2 === 0 ? one : two;
      const answer = await call(url, 'GET', '/v1/tasks', { headers: from('192.0.2.1') });
      expect(answer.status).toBe(401);
    });
    const { rows, sum } = await countedSince(since, 4000);
    expect(sum).toBe(4000);
    expect(rows).toMatchObject([
      {
        action: 'task.read',
        resource_type: 'task',
        decision: 'deny',
        status_code: 401,
        ip_address: '192.0.2.1',
        call_count: 4000,
        details: { operation: 'tasks.list' },
      },
    ]);
  });

  it('have one row for each route', async () => {
    const since = nextMinute();
    const routes = Object.values(gatewayRoutes).filter((route) => route.auth === 'user');
    for (const { method, path } of routes) {
      const concrete = path.replaceAll(/\{\w+\}/g, '0198a000-0000-7000-8000-000000000000');
      await flood(20, () =>
        call(one.url, method, concrete, {
          headers: from('192.0.2.1'),
          ...(method !== 'GET' && { json: {} }),
        }),
      );
    }
    const { rows } = await countedSince(since, routes.length * 20);
    expect(rows.map((row) => row.call_count)).toEqual(routes.map(() => 20));
    const told = rows.map((row) => row.details?.['operation']);
    expect(new Set(told)).toEqual(new Set(routes.map(({ operation }) => operation)));
  });

  it('share rows when they come from everywhere', async () => {
    const since = nextMinute();
    await flood(400, async (index) => {
      const host = index.toString(16);
      await call(one.url, 'GET', '/v1/tasks', { headers: from(`2001:db8:5:6::${host}`) });
      await call(one.url, 'GET', '/v1/tasks', { headers: from(`2001:db8:7:${host}::1`) });
    });
    const { rows, sum } = await countedSince(since, 800);
    expect(sum).toBe(800);
    expect(rows.length).toBeLessThanOrEqual(101);
    const network = rows.filter((row) => row.ip_address === '2001:db8:5:6::/64');
    expect(network).toMatchObject([{ call_count: 400 }]);
  });
});

describe('refused logins', () => {
  const attempt = (handle: string, secret: string, ip: string) =>
    call(one.url, 'POST', '/v1/auth/login', {
      json: { handle, password: secret },
      headers: from(ip),
    });

  async function entriesSince(since: Date, total: number) {
    return waitFor(async () => {
      const rows = await one.db
        .selectFrom('auth_audit_log')
        .selectAll()
        .where('created_at', '>=', since)
        .orderBy('created_at')
        .orderBy('reason')
        .execute();
      const sum = rows.reduce((all, row) => all + (row.call_count ?? 1), 0);
      return sum >= total ? rows : undefined;
    });
  }

  it('of handles nobody has are one row, those refused unread another', async () => {
    const since = nextMinute();
    for (let index = 0; index < 300; index += 1) await attempt(`no-${index}`, 'x', '192.0.2.7');
    const rows = await entriesSince(since, 300);
    expect(rows.toSorted((a, b) => Number(a.call_count) - Number(b.call_count))).toMatchObject([
      { event_type: 'login_failure', reason: 'unknown_handle', call_count: 2 },
      { event_type: 'login_failure', reason: 'rate_limited', call_count: 298 },
    ]);
    expect(rows.map((row) => [row.subject_handle, row.ip_address])).toEqual([
      [null, '192.0.2.7'],
      [null, '192.0.2.7'],
    ]);
  });

  it('of one handle nobody has keep its SHA-256', async () => {
    const since = nextMinute();
    for (let index = 0; index < 2; index += 1) await attempt('nobody', 'x', '192.0.2.8');
    const rows = await entriesSince(since, 2);
    const subject = createHash('sha256').update('nobody').digest('hex');
    expect(rows).toMatchObject([{ subject_handle: subject, user_id: null, call_count: 2 }]);
  });

  it('of a locked account are one row that names it, beside those that reached the password', async () => {
    const { id } = await addUser(one, 'ada');
    await setPassword(one, id, password);
    const since = nextMinute();
    for (let index = 0; index < 5; index += 1) await attempt('ada', 'x', `198.51.100.${index}`);
    await flood(100, async (index) => {
      expect((await attempt('ada', password, `203.0.113.${index}`)).status).toBe(429);
    });
    const rows = await entriesSince(since, 105);
    expect(rows.filter((row) => row.reason === 'wrong_password')).toHaveLength(5);
    expect(rows.filter((row) => row.reason !== 'wrong_password')).toMatchObject([
      {
        reason: 'rate_limited',
        user_id: id,
        subject_handle: 'ada',
        ip_address: null,
        call_count: 100,
      },
    ]);
  });

  it('count together for all addresses of one IPv6 network', async () => {
    nextMinute();
    const statuses: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      statuses.push((await attempt('nobody', 'x', `2001:db8:a:b::${index}`)).status);
    }
    expect(statuses).toEqual([401, 401, 429, 429]);
  });
});
