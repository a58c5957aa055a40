import { FakeGateway, alice } from '@cynodeai/testing/doubles';
import {
  type CertifiedKey,
  createAuthority,
  fingerprintOf,
  issueCertificate,
} from '@cynodeai/runtime/tls';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { type Server, createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { at } from '@cynodeai/runtime/std';
import { Home } from './support/cynork.ts';
import { startInTerminal } from './support/pseudo-terminal.ts';

const day = 86_400_000;
const validity = { from: new Date(Date.now() - day), until: new Date(Date.now() + day) };
const authority = createAuthority('CyNode', validity);
const stranger = createAuthority('CyNode', validity);
const fingerprint = fingerprintOf(authority.certificate);

let gateway: FakeGateway;
let home: Home;
const doors: Server[] = [];

beforeEach(async () => {
  gateway = await FakeGateway.start();
  home = await Home.create();
});
afterEach(async () => {
  for (const door of doors.splice(0)) door.close();
  await home[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

/** The gateway behind TLS, with a certificate of this authority. */
async function secured(by: CertifiedKey, port = 0): Promise<string> {
  const { certificate, key } = issueCertificate(by, ['127.0.0.1'], validity);
  const door = createServer({ cert: certificate + by.certificate, key: key.reveal() }, (socket) => {
    const behind = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.pipe(behind).pipe(socket);
    socket.on('error', () => behind.destroy());
    behind.on('error', () => socket.destroy());
  });
  door.on('tlsClientError', () => {});
  doors.push(door);
  door.listen(port, '127.0.0.1');
  await once(door, 'listening');
  return `https://127.0.0.1:${(door.address() as AddressInfo).port}`;
}

const login = (url: string, ...more: readonly string[]) =>
  home.run(['auth', 'login', '-u', 'alice', '--password-stdin', '--gateway', url, ...more], {
    input: `${alice.password}\n`,
  });

describe('a gateway of another machine', () => {
  it('is known by a fingerprint that was given, and by its authority from then on', async () => {
    const url = await secured(authority);
    const spelled = fingerprint.replaceAll(':', '').toLowerCase();
    expect(await login(url, '--fingerprint', spelled)).toMatchObject({ code: 0 });
    const file: unknown = parse(await home.readConfig());
    const kept = Object.values(at(file, 'contexts') as object);
    expect(kept).toEqual([{ gateway_url: url, authority: authority.certificate }]);
    expect(await home.run(['auth', 'whoami'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('alice'),
    });
    // Another session of it, without the fingerprint.
    expect(await login(url)).toMatchObject({ code: 0 });
  });

  it('that shows another certificate later is told nothing', async () => {
    const url = await secured(authority);
    expect(await login(url, '--fingerprint', fingerprint)).toMatchObject({ code: 0 });
    doors.splice(0).forEach((door) => door.close());
    const told = gateway.requests.length;
    await secured(stranger, Number(new URL(url).port));
    const ran = await home.run(['auth', 'whoami']);
    expect(ran).toMatchObject({ code: 7, stdout: '' });
    expect(ran.stderr).toContain('of nobody that is trusted here');
    expect(gateway.requests).toHaveLength(told);
  });

  it.each([
    ['without a word', () => [], `--fingerprint ${fingerprint}`],
    [
      'with another fingerprint',
      () => ['--fingerprint', fingerprintOf(stranger.certificate)],
      'another than the one that was named',
    ],
  ])('is not logged in to %s', async (_how, more, words) => {
    const ran = await login(await secured(authority), ...more());
    expect(ran).toMatchObject({ code: 7, stdout: '' });
    expect(ran.stderr).toContain(words);
    expect(gateway.requests).toHaveLength(0);
    await expect(home.readConfig()).rejects.toThrow();
  });

  it('by an authority that only shows up beside a certificate of its own is told nothing', async () => {
    // The real authority's certificate is no secret: whoever stands between can show it too.
    const { certificate, key } = issueCertificate(stranger, ['127.0.0.1'], validity);
    const door = createServer({ cert: certificate + authority.certificate, key: key.reveal() });
    door.on('tlsClientError', () => {});
    doors.push(door);
    door.listen(0, '127.0.0.1');
    await once(door, 'listening');
    const url = `https://127.0.0.1:${(door.address() as AddressInfo).port}`;
    expect(await login(url, '--fingerprint', fingerprint)).toMatchObject({ code: 7, stdout: '' });
  });

  it.each([
    ['no fingerprint', 'https://127.0.0.1:1', 'abc'],
    ['a plain gateway', 'http://127.0.0.1:1', fingerprint],
  ])('is a usage error with %s', async (_what, url, given) => {
    const ran = await login(url, '--fingerprint', given);
    expect(ran).toMatchObject({ code: 2 });
    expect(ran.stderr).toContain('--fingerprint takes the SHA-256');
  });

  it('is shown by its fingerprint on a terminal, and told nothing but after a yes', async () => {
    const url = await secured(authority);
    const args = ['auth', 'login', '-u', 'alice', '--gateway', url];
    const declined = startInTerminal(home, args);
    await declined.printed(fingerprint);
    await declined.printed('[y/N]');
    declined.write('\n');
    expect((await declined.outcome).stdout).toContain('exit=7');
    expect(gateway.requests).toHaveLength(0);
    const agreed = startInTerminal(home, args);
    await agreed.printed('[y/N]');
    agreed.write('y\n');
    await agreed.printed('Password: ');
    agreed.write(`${alice.password}\n`);
    expect((await agreed.outcome).stdout).toContain('exit=0');
  });
});
