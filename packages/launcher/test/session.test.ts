import { FakeGateway, problem } from '@cynodeai/testing/doubles';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openSecrets } from '../src/install/secrets.ts';
import { localSession } from '../src/run/local-client.ts';
import { type TestInstall, testInstall } from './fixtures/test-install.ts';

/** A gateway whose administrator has the password that the install generated. */
async function gatewayOf(test: TestInstall): Promise<FakeGateway> {
  const gateway = await FakeGateway.start(openSecrets(test.install.paths).gatewayProof);
  gateway.identity.addUser('admin', passwordOf(test));
  return gateway;
}

const passwordOf = (test: TestInstall): string =>
  openSecrets(test.install.paths).adminPassword.reveal();

function sessionOf(test: TestInstall, gateway: FakeGateway): ReturnType<typeof localSession> {
  return localSession({ ...test.install, gatewayUrl: gateway.url });
}

/** What it was asked, beside whose it is. */
const asked = ({ requests }: FakeGateway): FakeGateway['requests'] =>
  requests.filter(({ url }) => !url.startsWith('/proof'));

const paths = (gateway: FakeGateway): string[] => asked(gateway).map(({ url }) => url);

describe('the session of the local administrator', () => {
  it('begins with a proof of the install and is kept for the next process', async () => {
    await using test = await testInstall();
    const password = passwordOf(test);
    await using gateway = await gatewayOf(test);
    const token = await sessionOf(test, gateway).token();
    expect(await sessionOf(test, gateway).token()).toBe(token);
    expect(paths(gateway)).toEqual(['/v1/auth/local']);
    expect(JSON.stringify(asked(gateway)[0]?.json)).not.toContain(password);
    expect(statSync(test.install.paths.session).mode & 0o777).toBe(0o600);
    expect(readFileSync(test.install.paths.session, 'utf8')).not.toContain(password);
  });

  it('is renewed with its refresh token shortly before it ends', async () => {
    await using test = await testInstall();
    await using gateway = await gatewayOf(test);
    gateway.identity.accessSeconds = 10;
    const first = await sessionOf(test, gateway).token();
    const second = await sessionOf(test, gateway).token();
    expect(second).not.toBe(first);
    expect(paths(gateway)).toEqual(['/v1/auth/local', '/v1/auth/refresh']);
  });

  it('is renewed once by several processes that need it at the same time', async () => {
    await using test = await testInstall();
    await using gateway = await gatewayOf(test);
    const all = await Promise.all(
      Array.from({ length: 5 }, () => sessionOf(test, gateway).token()),
    );
    expect(new Set(all).size).toBe(1);
    expect(asked(gateway)).toHaveLength(1);
  });

  it('begins anew when its refresh token was ended', async () => {
    await using test = await testInstall();
    await using gateway = await gatewayOf(test);
    const session = sessionOf(test, gateway);
    const first = await session.token();
    gateway.identity.logout(first, undefined);
    await session.renew();
    expect(await session.token()).not.toBe(first);
    expect(paths(gateway)).toEqual(['/v1/auth/local', '/v1/auth/refresh', '/v1/auth/local']);
  });

  it('begins anew after the password was changed by somebody else, which ended it', async () => {
    await using test = await testInstall();
    await using gateway = await gatewayOf(test);
    const session = sessionOf(test, gateway);
    const first = await session.token();
    gateway.identity.addUser('admin', 'a password that the install was never told');
    gateway.identity.logout(first, undefined);
    await session.renew();
    expect(gateway.identity.caller(await session.token()).handle).toBe('admin');
  });

  it('begins by the generated password at a gateway of before that', async () => {
    await using test = await testInstall();
    await using gateway = await gatewayOf(test);
    gateway.on('POST /v1/auth/local', problem(404, 'not_found', 'no such path'));
    expect(await sessionOf(test, gateway).token()).toMatch(/^access-/);
    expect(asked(gateway).at(-1)?.json).toEqual({ handle: 'admin', password: passwordOf(test) });
  });

  it('says why there is none, and tries no password then', async () => {
    await using test = await testInstall();
    await using gateway = await gatewayOf(test);
    const refusal = problem(401, 'authentication', 'the user admin is disabled or not there');
    gateway.on('POST /v1/auth/local', refusal);
    await expect(sessionOf(test, gateway).token()).rejects.toThrow(
      'the local administrator gets no session: the user admin is disabled or not there',
    );
    expect(paths(gateway)).toEqual(['/v1/auth/local']);
  });

  it('survives a damaged file', async () => {
    await using test = await testInstall();
    await using gateway = await gatewayOf(test);
    writeFileSync(test.install.paths.session, '{"access_token":');
    expect(await sessionOf(test, gateway).token()).toMatch(/^access-/);
  });

  it('says where its password is when that is refused, and never what it is', async () => {
    await using test = await testInstall();
    await using gateway = await FakeGateway.start(openSecrets(test.install.paths).gatewayProof);
    gateway.identity.addUser('admin', 'the password of another install');
    gateway.on('POST /v1/auth/local', problem(404, 'not_found', 'no such path'));
    const failure = sessionOf(test, gateway).token();
    await expect(failure).rejects.toThrow(/admin-password/);
    await expect(failure).rejects.not.toThrow(passwordOf(test));
  });

  it('is told to no gateway but its own: another install, a version without proof, anything else', async () => {
    await using test = await testInstall();
    await using other = await testInstall();
    const { adminPassword } = openSecrets(test.install.paths);
    const keys = [openSecrets(other.install.paths).gatewayProof, undefined];
    for (const key of keys) {
      await using gateway = await FakeGateway.start(key);
      gateway.identity.addUser('admin', adminPassword.reveal());
      const failure = sessionOf(test, gateway).token();
      await expect(failure).rejects.toThrow(/another program answers there/);
      expect(asked(gateway)).toEqual([]);
    }
  });
});
