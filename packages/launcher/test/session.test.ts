import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openSecrets } from '../src/install/secrets.ts';
import { LocalSession } from '../src/run/session.ts';
import {
  type FakeAnswer,
  type FakeGateway,
  type SeenRequest,
  fakeGateway,
  problem,
} from './fixtures/fake-gateway.ts';
import { type TestInstall, testInstall } from './fixtures/test-install.ts';

let issued = 0;

function tokens(expiresIn = 900): FakeAnswer {
  issued += 1;
  return {
    status: 200,
    body: {
      access_token: `access-${issued}`,
      refresh_token: `refresh-${issued}`,
      token_type: 'Bearer',
      expires_in: expiresIn,
    },
  };
}

function sessionOf(test: TestInstall, gateway: FakeGateway): LocalSession {
  return new LocalSession({ ...test.install, gatewayUrl: gateway.url }, 'test');
}

const paths = (gateway: FakeGateway): string[] => gateway.seen.map((request) => request.path);

describe('the session of the local administrator', () => {
  it('begins with a login by the generated password and is kept for the next process', async () => {
    await using test = await testInstall();
    const password = openSecrets(test.install.paths).adminPassword.reveal();
    await using gateway = await fakeGateway((request) => {
      expect(request.body).toEqual({ handle: 'admin', password });
      return tokens();
    });
    const token = await sessionOf(test, gateway).token();
    expect(await sessionOf(test, gateway).token()).toBe(token);
    expect(paths(gateway)).toEqual(['/v1/auth/login']);
    expect(statSync(test.install.paths.session).mode & 0o777).toBe(0o600);
    expect(readFileSync(test.install.paths.session, 'utf8')).not.toContain(password);
  });

  it('is renewed with its refresh token shortly before it ends', async () => {
    await using test = await testInstall();
    await using gateway = await fakeGateway((request) =>
      request.path.endsWith('login') ? tokens(10) : tokens(),
    );
    const first = await sessionOf(test, gateway).token();
    const second = await sessionOf(test, gateway).token();
    expect(second).not.toBe(first);
    expect(paths(gateway)).toEqual(['/v1/auth/login', '/v1/auth/refresh']);
  });

  it('is renewed once by several processes that need it at the same time', async () => {
    await using test = await testInstall();
    await using gateway = await fakeGateway(() => tokens());
    const all = await Promise.all(
      Array.from({ length: 5 }, () => sessionOf(test, gateway).token()),
    );
    expect(new Set(all).size).toBe(1);
    expect(gateway.seen).toHaveLength(1);
  });

  it('begins anew when its refresh token was ended', async () => {
    await using test = await testInstall();
    const answer = (request: SeenRequest): FakeAnswer =>
      request.path.endsWith('refresh') ? problem(401, 'authentication', 'ended') : tokens();
    await using gateway = await fakeGateway(answer);
    const session = sessionOf(test, gateway);
    const first = await session.token();
    await session.renew();
    expect(await session.token()).not.toBe(first);
    expect(paths(gateway)).toEqual(['/v1/auth/login', '/v1/auth/refresh', '/v1/auth/login']);
  });

  it('survives a damaged file', async () => {
    await using test = await testInstall();
    await using gateway = await fakeGateway(() => tokens());
    writeFileSync(test.install.paths.session, '{"access_token":');
    expect(await sessionOf(test, gateway).token()).toMatch(/^access-/);
  });

  it('says where its password is when that is refused, and never what it is', async () => {
    await using test = await testInstall();
    const password = openSecrets(test.install.paths).adminPassword.reveal();
    await using gateway = await fakeGateway(() => problem(401, 'authentication', 'no'));
    const failure = sessionOf(test, gateway).token();
    await expect(failure).rejects.toThrow(/admin-password/);
    await expect(failure).rejects.not.toThrow(password);
  });
});
