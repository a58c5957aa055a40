import { beforeAll, describe, expect, it } from 'vitest';
import { type Drive, type GatewayDriver, expectProblem, tokensOf } from './driver.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** Clocks of two machines differ; a token is good for that much longer at most. */
const skewMs = minuteMs;

/** Logins, refreshes and logouts, and what they do to the tokens of a session. */
export function testSessions(drive: Drive): void {
  let driver: GatewayDriver;
  beforeAll(() => {
    driver = drive();
  });
  const logout = (token?: string, json?: unknown) =>
    driver.call('POST', '/v1/auth/logout', { token, json });

  describe('a login', () => {
    it('opens a session whatever the case of the handle, and its answer is kept by nobody', async () => {
      const { handle, password } = await driver.gateway.addAccount();
      const answer = await driver.login({ handle: handle.toUpperCase(), password });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const { body } = await driver.get(tokensOf(answer), '/v1/users/me');
      expect(body).toMatchObject({ handle, is_active: true, roles: [], group_ids: [] });
    });

    it('answers a wrong password like an unknown handle', async () => {
      const { handle } = await driver.gateway.addAccount();
      const wrong = await driver.login({ handle, password: 'another password' });
      const unknown = await driver.login({ handle: `${handle}-x`, password: 'another password' });
      for (const answer of [wrong, unknown]) {
        expectProblem(answer, 401, 'authentication');
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
      expect({ ...wrong.body, instance: '' }).toEqual({ ...unknown.body, instance: '' });
    });

    it('that failed five times makes the handle wait as long as it says, and no longer', async () => {
      const account = await driver.gateway.addAccount();
      for (let attempt = 1; attempt <= 5; attempt += 1) {
        const failed = await driver.login({ ...account, password: `wrong password ${attempt}` });
        expectProblem(failed, 401, 'authentication');
      }
      const locked = await driver.login(account);
      expectProblem(locked, 429, 'rate_limit');
      const seconds = Number(locked.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(0);
      driver.gateway.advance(seconds * 1000);
      expect((await driver.login(account)).status).toBe(200);
      // A success counts the failures anew.
      const failed = await driver.login({ ...account, password: 'wrong again' });
      expectProblem(failed, 401, 'authentication');
      expect((await driver.login(account)).status).toBe(200);
    });

    it.each([
      ['password', { handle: 'somebody' }],
      ['handle', { password: 'a password' }],
      ['password', { handle: 'somebody', password: '' }],
      ['handle', { handle: 5, password: 'a password' }],
      ['otp', { handle: 'somebody', password: 'a password', otp: '1' }],
    ])('names the field %s of %j', async (field, json) => {
      const answer = await driver.call('POST', '/v1/auth/login', { json });
      expectProblem(answer, 400, 'validation', field);
    });
  });

  describe('a refresh', () => {
    it('gives two new tokens; the access token of before stays good until its end', async () => {
      const first = await driver.newCaller();
      const answer = await driver.refresh(first.refresh);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const second = tokensOf(answer);
      expect([second.token, second.refresh]).not.toContain(first.token);
      expect(second.refresh).not.toBe(first.refresh);
      expect(await driver.meStatus(second.token)).toBe(200);
      expect(await driver.meStatus(first.token)).toBe(200);
    });

    it('takes a token once; one that comes again soon ends nothing', async () => {
      const first = await driver.newCaller();
      const second = tokensOf(await driver.refresh(first.refresh));
      driver.gateway.advance(9_000);
      expectProblem(await driver.refresh(first.refresh), 401, 'authentication');
      expect(await driver.meStatus(second.token)).toBe(200);
      expect((await driver.refresh(second.refresh)).status).toBe(200);
    });

    it('with a token that was exchanged a while ago ends the session', async () => {
      const first = await driver.newCaller();
      const second = tokensOf(await driver.refresh(first.refresh));
      driver.gateway.advance(11_000);
      expectProblem(await driver.refresh(first.refresh), 401, 'authentication');
      expect(await driver.meStatus(second.token)).toBe(401);
      expectProblem(await driver.refresh(second.refresh), 401, 'authentication');
    });

    it('lets one of many parallel calls through, and its tokens work', async () => {
      const { refresh } = await driver.newCaller();
      const answers = await Promise.all(Array.from({ length: 8 }, () => driver.refresh(refresh)));
      const [winner, ...more] = answers.filter(({ status }) => status === 200);
      expect([winner?.status, more.length]).toEqual([200, 0]);
      for (const answer of answers) {
        if (answer !== winner) expectProblem(answer, 401, 'authentication');
      }
      if (winner) expect(await driver.meStatus(tokensOf(winner).token)).toBe(200);
    });

    it('refuses a token nobody was given, and names what is wrong with a body', async () => {
      expectProblem(await driver.refresh('nobody-was-given-this'), 401, 'authentication');
      const none = await driver.call('POST', '/v1/auth/refresh', { json: {} });
      expectProblem(none, 400, 'validation', 'refresh_token');
    });
  });

  describe('time', () => {
    it('ends an access token when it was said to, and leaves the refresh token', async () => {
      const answer = await driver.login(await driver.gateway.addAccount());
      const { token, refresh } = tokensOf(answer);
      driver.gateway.advance(Number(answer.body['expires_in']) * 1000 + skewMs);
      expectProblem(await driver.get({ token }, '/v1/users/me'), 401, 'authentication');
      expect(await driver.meStatus(tokensOf(await driver.refresh(refresh)).token)).toBe(200);
    });

    it('ends a refresh token that was not used for a week', async () => {
      const { refresh } = await driver.newCaller();
      driver.gateway.advance(7 * dayMs + skewMs);
      expectProblem(await driver.refresh(refresh), 401, 'authentication');
    });

    it('ends a session thirty days after its login, however often it was renewed', async () => {
      let { refresh } = await driver.newCaller();
      for (let day = 6; day < 30; day += 6) {
        driver.gateway.advance(6 * dayMs);
        ({ refresh } = tokensOf(await driver.refresh(refresh)));
      }
      driver.gateway.advance(6 * dayMs + skewMs);
      expectProblem(await driver.refresh(refresh), 401, 'authentication');
    });
  });

  describe('a logout', () => {
    it('by access token ends the session at once, both tokens', async () => {
      const { token, refresh } = await driver.newCaller();
      expect((await logout(token)).status).toBe(204);
      expect(await driver.meStatus(token)).toBe(401);
      expectProblem(await driver.refresh(refresh), 401, 'authentication');
    });

    it('by refresh token alone does the same; one nobody has is no error', async () => {
      const { token, refresh } = await driver.newCaller();
      expect((await logout(undefined, { refresh_token: refresh })).status).toBe(204);
      expect(await driver.meStatus(token)).toBe(401);
      expect((await logout(undefined, { refresh_token: refresh })).status).toBe(204);
    });

    it('ends that session and no other of the same person', async () => {
      const { account, token } = await driver.newCaller();
      const other = tokensOf(await driver.login(account));
      expect((await logout(token)).status).toBe(204);
      expect(await driver.meStatus(other.token)).toBe(200);
    });

    it('needs one of the two', async () => {
      expectProblem(await logout(), 401, 'authentication');
      expectProblem(await logout('no-token-at-all', {}), 401, 'authentication');
    });
  });
}
