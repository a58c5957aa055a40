import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as, authEvents, gatewayRows, login, meStatus, password } from './support/admin.ts';
import { Administration } from './support/administration.ts';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { type Answer, call } from './support/http.ts';
import { type TestUser, addUser, bindRole } from './support/users.ts';

let office: Administration;
let one: TestGateway;
let two: TestGateway;
let root: TestUser;

beforeAll(async () => {
  office = await Administration.start();
  ({ one, two, root } = office);
});
afterAll(() => office[Symbol.asyncDispose]());

describe('an owner', () => {
  it.each([
    ['disabled', 'disable', undefined],
    ['enabled', 'enable', undefined],
    ['logged out', 'revoke_sessions', undefined],
    ['given a password', 'reset_password', { new_password: 'a brand new secret' }],
  ])('is not %s by an administrator who is none', async (_what, act, body) => {
    const helper = await office.holderOf('admin');
    const owner = await office.holderOf('owner');
    const refused = await office.post(`/v1/users/${owner.id}/${act}`, body, helper);
    expect([refused.status, refused.kind]).toEqual([403, 'authorization']);
    expect(await meStatus(two, owner)).toBe(200);
    expect((await office.post(`/v1/users/${owner.id}/${act}`, body)).status).toBeLessThan(300);
    // Others look at the last owner.
    expect((await office.post(`/v1/users/${owner.id}/disable`)).status).toBe(200);
  });
});

describe('disabling a user', () => {
  it('ends every session at once, whichever gateway is asked, and enabling brings none back (REQ-IDENTY-0115, REQ-IDENTY-0106)', async () => {
    const user = await office.newUser('victim');
    const first = await login(one, user.handle);
    const second = await login(two, user.handle);
    expect(await meStatus(two, first)).toBe(200);
    const answer = await office.post(`/v1/users/${user.id}/disable`);
    expect([answer.status, answer.body['is_active']]).toEqual([200, false]);
    for (const gateway of [one, two]) {
      for (const session of [first, second]) expect(await meStatus(gateway, session)).toBe(401);
    }
    const refresh = (token: string) =>
      call(two.url, 'POST', '/v1/auth/refresh', { json: { refresh_token: token } });
    expect((await refresh(first.refresh)).status).toBe(401);
    const refused = await call(one.url, 'POST', '/v1/auth/login', {
      json: { handle: user.handle, password },
    });
    expect(refused.status).toBe(401);
    expect((await office.post(`/v1/users/${user.id}/disable`)).body).toEqual(answer.body);
    const enabled = await office.post(`/v1/users/${user.id}/enable`);
    expect([enabled.status, enabled.body['is_active']]).toEqual([200, true]);
    expect((await office.post(`/v1/users/${user.id}/enable`)).body).toEqual(enabled.body);
    expect(await meStatus(one, first)).toBe(401);
    expect((await refresh(second.refresh)).status).toBe(401);
    await login(one, user.handle);
    const events = (await authEvents(one, user.id)).map((event) => event.event_type);
    const count = (type: string): number => events.filter((event) => event === type).length;
    expect([
      count('user_disabled'),
      count('session_revoked'),
      count('user_reenabled'),
      count('refresh_failure'),
    ]).toEqual([1, 2, 1, 0]);
    const operations = (await gatewayRows(one, user.id)).map((row) => row.details?.['operation']);
    expect(operations).toEqual(
      expect.arrayContaining(['users.create', 'users.disable', 'users.enable']),
    );
  });

  it('refuses the last active owner and the reserved user, and changes nothing', async () => {
    const before = await meStatus(one, root);
    const last = await office.post(`/v1/users/${root.id}/disable`);
    expect([before, last.status, last.kind]).toEqual([200, 409, 'conflict']);
    expect(await meStatus(one, root)).toBe(200);
    const { id } = await one.db
      .selectFrom('users')
      .select('id')
      .where('handle', '=', 'system')
      .executeTakeFirstOrThrow();
    for (const act of ['disable', 'enable']) {
      expect((await office.post(`/v1/users/${id}/${act}`)).status).toBe(409);
    }
    const reset = { new_password: 'another password' };
    expect((await office.post(`/v1/users/${id}/reset_password`, reset)).status).toBe(409);
    expect((await office.post(`/v1/users/${id}/revoke_sessions`)).status).toBe(204);
  });

  it('leaves one of two owners when both disable each other at once, at two gateways', async () => {
    await using first = await startTestGateway();
    await using second = await startTestGateway({ beside: first });
    const owner = async (gateway: TestGateway, handle: string): Promise<TestUser> => {
      const user = await addUser(gateway, handle);
      await bindRole(gateway, { type: 'user', id: user.id }, 'owner');
      return user;
    };
    for (let round = 0; round < 5; round += 1) {
      await first.db
        .updateTable('users')
        .set({ is_active: false, updated_at: new Date() })
        .execute();
      const ann = await owner(first, `ann-${round}`);
      const ben = await owner(first, `ben-${round}`);
      const answers = await Promise.all([
        as(first, ann, 'POST', `/v1/users/${ben.id}/disable`),
        as(second, ben, 'POST', `/v1/users/${ann.id}/disable`),
      ]);
      const alive = [await meStatus(first, ann), await meStatus(second, ben)];
      expect(alive.toSorted((a, b) => a - b)).toEqual([200, 401]);
      expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    }
  });

  it('leaves no session behind when a login runs at the same time', async () => {
    const user = await office.newUser('racer');
    for (let round = 0; round < 3; round += 1) {
      const attempts = [one, two].map((gateway) =>
        call(gateway.url, 'POST', '/v1/auth/login', { json: { handle: user.handle, password } }),
      );
      await office.post(`/v1/users/${user.id}/disable`);
      await Promise.all(attempts);
      const live = await one.db
        .selectFrom('refresh_sessions')
        .select('id')
        .where('user_id', '=', user.id)
        .where('is_active', '=', true)
        .execute();
      expect(live).toEqual([]);
      await office.post(`/v1/users/${user.id}/enable`);
      one.clock.advance(16 * 60_000);
    }
  });
});

describe('ending sessions and resetting passwords', () => {
  it('ends every session of a user, and anybody may end their own (REQ-IDENTY-0119)', async () => {
    const user = await office.newUser('leaver');
    const first = await login(one, user.handle);
    const second = await login(one, user.handle);
    expect((await office.post(`/v1/users/${user.id}/revoke_sessions`, {}, first)).status).toBe(204);
    expect([await meStatus(one, first), await meStatus(two, second)]).toEqual([401, 401]);
    const third = await login(one, user.handle);
    expect((await office.post(`/v1/users/${user.id}/revoke_sessions`)).status).toBe(204);
    expect(await meStatus(two, third)).toBe(401);
    const stranger = await login(one, (await office.newUser('stranger')).handle);
    const refused = await office.post(`/v1/users/${user.id}/revoke_sessions`, {}, stranger);
    expect([refused.status, refused.kind]).toEqual([403, 'authorization']);
    const revoked = (await authEvents(one, user.id)).filter(
      (event) => event.event_type === 'session_revoked',
    );
    expect(revoked.map((event) => event.reason)).toEqual(['revoked', 'revoked', 'revoked']);
  });

  it('replaces the password and ends every session (REQ-IDENTY-0120)', async () => {
    const user = await office.newUser('forgetful');
    const session = await login(one, user.handle);
    const reset = (new_password: string): Promise<Answer> =>
      office.post(`/v1/users/${user.id}/reset_password`, { new_password });
    for (const bad of ['short', user.handle, 'password']) {
      expect((await reset(bad)).body['errors']).toMatchObject([{ field: 'new_password' }]);
    }
    expect(await meStatus(one, session)).toBe(200);
    const answer = await reset('a brand new secret');
    expect(answer.status).toBe(204);
    expect(await meStatus(two, session)).toBe(401);
    const old = await call(one.url, 'POST', '/v1/auth/login', {
      json: { handle: user.handle, password },
    });
    expect(old.status).toBe(401);
    await login(two, user.handle, 'a brand new secret');
    const types = (await authEvents(one, user.id)).map((event) => event.event_type);
    expect(types).toEqual(expect.arrayContaining(['password_reset', 'session_revoked']));
    expect(one.log.text() + two.log.text()).not.toContain('a brand new secret');
  });

  it('gives a password to a user who had none, and none of an owner to an admin', async () => {
    const bare = await addUser(one, office.handleOf('bare'));
    const new_password = 'a brand new secret';
    expect(
      (await office.post(`/v1/users/${bare.id}/reset_password`, { new_password })).status,
    ).toBe(204);
    await login(one, bare.handle, new_password);
    const helper = await office.holderOf('admin');
    const path = `/v1/users/${root.id}/reset_password`;
    const refused = await office.post(path, { new_password }, helper);
    expect([refused.status, refused.kind]).toEqual([403, 'authorization']);
    expect(await meStatus(one, root)).toBe(200);
  });
});
