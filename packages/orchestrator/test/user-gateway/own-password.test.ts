import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type WithToken,
  as,
  authEvents,
  gatewayRows,
  login,
  meStatus,
  password,
} from './support/admin.ts';
import { Administration } from './support/administration.ts';
import type { TestGateway } from './support/gateway.ts';
import { type Answer, call } from './support/http.ts';
import { addUser } from './support/users.ts';

let office: Administration;
let one: TestGateway;
let two: TestGateway;

beforeAll(async () => {
  office = await Administration.start();
  ({ one, two } = office);
});
afterAll(() => office[Symbol.asyncDispose]());

const next = 'a brand new secret';

const change = (user: WithToken, current = password, wanted = next): Promise<Answer> =>
  as(one, user, 'POST', '/v1/users/me/password', {
    current_password: current,
    new_password: wanted,
  });

const loginStatus = async (handle: string, secret: string): Promise<number> =>
  (await call(two.url, 'POST', '/v1/auth/login', { json: { handle, password: secret } })).status;

describe("a change of one's own password", () => {
  it('ends the other sessions, everywhere, and is told in both audit logs', async () => {
    const user = await office.newUser('changer');
    const mine = await login(one, user.handle);
    const other = await login(two, user.handle);
    const answer = await change(mine);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect([await meStatus(two, mine), await meStatus(two, other)]).toEqual([200, 401]);
    expect(await loginStatus(user.handle, password)).toBe(401);
    expect(await loginStatus(user.handle, next)).toBe(200);
    const events = await authEvents(one, user.id);
    const of = (type: string) => events.filter((event) => event.event_type === type);
    expect(of('password_changed')).toMatchObject([
      { success: true, subject_handle: user.handle, reason: `by user:${user.id}` },
    ]);
    expect(of('session_revoked')).toMatchObject([{ reason: 'password_changed' }]);
    expect(await gatewayRows(one, user.id)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ action: 'user.change_password', status_code: 204 }),
      ]),
    );
    expect(one.log.text()).not.toContain(next);
  });

  it.each(['viewer', 'owner'])('is open to a user whose role is %s', async (role) => {
    const user = await office.newUser(role);
    await office.post('/v1/role-bindings', {
      subject_type: 'user',
      subject_id: user.id,
      role,
      scope_type: 'system',
    });
    expect((await change(await login(one, user.handle))).status).toBe(204);
  });

  it('needs the current password, and a wrong one counts like a wrong login', async () => {
    const user = await office.newUser('guessed');
    const mine = await login(one, user.handle);
    one.clock.advance(1000);
    const answers: Answer[] = [];
    for (let i = 0; i < 5; i += 1) answers.push(await change(mine, 'not the right one'));
    expect(answers.map(({ status, kind }) => [status, kind])).toEqual(
      answers.map(() => [401, 'authentication']),
    );
    const right = await change(mine);
    expect([right.status, right.kind]).toEqual([429, 'rate_limit']);
    expect(await loginStatus(user.handle, password)).toBe(429);
    expect(await meStatus(one, mine)).toBe(200);
    // Refusals are counted, and their row follows within a second.
    const reasons = async (): Promise<(string | null)[]> =>
      (await authEvents(one, user.id))
        .filter((event) => event.event_type === 'login_failure')
        .map((event) => event.reason);
    await waitFor(async () => (await reasons()).includes('rate_limited'));
    expect(await reasons()).toContain('wrong_password');
  });

  it('is refused to who has no password', async () => {
    const bare = await addUser(one, office.handleOf('bare'));
    expect((await change(bare)).status).toBe(401);
  });

  it.each([
    ['short', 'x7Kq-p2z-Wm'],
    ['common', 'Password2026!'],
    ['too long', 'ab7-xk'.repeat(100)],
  ])(
    'is refused for a new one that is %s, before the current one is looked at',
    async (_w, bad) => {
      const user = await office.newUser('unwise');
      const answer = await change(await login(one, user.handle), 'wrong', bad);
      expect([answer.status, answer.body['errors']]).toMatchObject([
        400,
        [{ field: 'new_password' }],
      ]);
    },
  );

  it('happens once when two try at the same time', async () => {
    const user = await office.newUser('twice');
    const [first, second] = [await login(one, user.handle), await login(two, user.handle)];
    const wanted = ['one of two secrets', 'two of two secrets'];
    const answers = await Promise.all([
      change(first, password, wanted[0]),
      change(second, password, wanted[1]),
    ]);
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([204, 401]);
    const winner = wanted[statuses.indexOf(204)] ?? '';
    expect(await loginStatus(user.handle, winner)).toBe(200);
  });

  it('is no way for a stranger', async () => {
    const answer = await call(one.url, 'POST', '/v1/users/me/password', {
      json: { current_password: password, new_password: next },
    });
    expect(answer.status).toBe(401);
  });
});
