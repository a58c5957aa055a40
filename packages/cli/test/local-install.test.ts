import { Secret } from '@cynodeai/runtime/config';
import { takeLock } from '@cynodeai/runtime/files';
import { FakeGateway, alice } from '@cynodeai/testing/doubles';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliError } from '../src/base/cli-error.ts';
import { cynork } from '../src/commands/catalogue.ts';
import { Home } from './support/cynork.ts';
import { calls } from './support/every-command.ts';
import { runInProcess } from './support/run-in-process.ts';

const password = 'canary-of-the-install';
const key = 'canary-proof-key';

let gateway: FakeGateway;
let home: Home;
let admin: ReturnType<FakeGateway['identity']['addUser']>;

/** A state folder of this user, as `cynode` keeps it, whose gateway is at a port. */
async function keepInstall(port: number, settings: object = { served: true }): Promise<string> {
  const folder = join(home.path, '.local/state/cynode');
  const files = {
    'install.json': JSON.stringify({ version: 1, ports: { userGateway: port }, ...settings }),
    'secrets/gateway-proof': key,
    'secrets/admin-password': password,
    'locks/.keep': '',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, name), text, { mode: 0o600 });
  }
  return folder;
}

/** For what must not run with a token of the environment. */
const own = { env: { CYNORK_TOKEN: '' } };

const portOf = ({ url }: FakeGateway): number => Number(new URL(url).port);

/** What it was asked, beside whose it is. */
const asked = ({ requests }: FakeGateway): readonly string[] =>
  requests.map(({ url }) => url).filter((url) => !url.startsWith('/proof'));

beforeEach(async () => {
  home = await Home.create();
  gateway = await FakeGateway.start(new Secret(key));
  admin = gateway.identity.addUser('admin', password);
});

afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

describe('an install of this user', () => {
  it('is found, with the session that cynode keeps, which is kept there alone', async () => {
    const folder = await keepInstall(portOf(gateway));
    for (let run = 0; run < 2; run += 1) {
      const ran = await home.run(['auth', 'whoami']);
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(ran.stdout).toContain('user=admin');
    }
    expect(asked(gateway)).toEqual(['/v1/auth/local', '/v1/users/me', '/v1/users/me']);
    expect(await readFile(join(folder, 'session.json'), 'utf8')).toContain('access-canary-1');
    await expect(home.readConfig()).rejects.toThrow('ENOENT');
    const list = await home.run(['context', 'list', '-o', 'json']);
    expect(list.stdout).toContain(`"gateway": "http://127.0.0.1:${portOf(gateway)}"`);
  });

  it('has its session renewed when that is refused', async () => {
    await keepInstall(portOf(gateway));
    await home.run(['auth', 'whoami']);
    gateway.identity.logout('access-canary-1', undefined);
    expect(await home.run(['auth', 'whoami'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('is passed over for a session of one’s own', async () => {
    await keepInstall(portOf(gateway));
    const login = ['auth', 'login', '-u', 'alice', '--password-stdin'];
    expect((await home.run(login, { input: alice.password })).code).toBe(0);
    expect((await home.run(['auth', 'whoami'])).stdout).toContain('user=alice');
    expect(asked(gateway)).toEqual(['/v1/auth/login', '/v1/users/me']);
  });

  it('is asked for names to complete with the token that is kept, and never logged in to', async () => {
    const folder = await keepInstall(portOf(gateway));
    const complete = () => runInProcess(home, ['__complete', '--', 'task', 'get', ''], own);
    await complete();
    expect(asked(gateway)).toEqual([]);
    await home.run(['auth', 'whoami']);
    gateway.tasks.add(admin, { task_name: 'say-hello', prompt: 'true', input_mode: 'commands' });
    expect((await complete()).stdout).toBe('say-hello\n');
    const file = join(folder, 'session.json');
    const kept = await readFile(file, 'utf8');
    await writeFile(file, kept.replace(/"expires_at":\d+/, '"expires_at":1'));
    const before = asked(gateway).length;
    expect((await complete()).stdout).toBe('');
    expect(asked(gateway)).toHaveLength(before);
  });

  it.each(['another program that renews it', 'the gateway'])(
    'is no longer waited for when the command is told to stop: %s',
    async (who) => {
      const folder = await keepInstall(portOf(gateway));
      gateway.on('POST /v1/auth/local', () => {});
      const lock = join(folder, 'locks/session');
      await using _held = who === 'the gateway' ? undefined : await takeLock(lock);
      const stop = new CliError('interrupted', 'stopped');
      const control = new AbortController();
      setTimeout(() => control.abort(stop), 300);
      const ran = await runInProcess(home, ['auth', 'whoami'], { ...own, signal: control.signal });
      expect(ran).toMatchObject({ code: 130, stdout: '' });
    },
    20_000,
  );

  it.each([
    ['an error', 'echo \'{"error":"locked"}\''],
    ['a bad exit code', 'exit 1'],
    ['no program', undefined],
  ])('does not lend its session where the helper fails with %s', async (_title, body) => {
    await keepInstall(portOf(gateway));
    if (body !== undefined) {
      await chmod(
        await home.file('.config/cynork/helper', `#!/bin/sh\nread -r l\n${body}\n`),
        0o700,
      );
    }
    await home.config('credential_helper: ./helper\n');
    const ran = await home.run(['auth', 'whoami']);
    expect(ran).toMatchObject({ code: 3, stdout: '' });
    expect(ran.stderr.match(/^warning: /gm)).toHaveLength(1);
    expect(asked(gateway)).toEqual([]);
  });

  it.each([
    ['named by the environment', [], (url: string) => ({ CYNORK_GATEWAY_URL: url })],
    ['named by a flag', ['--gateway', 'URL'], () => ({})],
  ])('does not lend its session to who is %s', async (_title, args, env) => {
    await keepInstall(portOf(gateway));
    const words = args.map((word) => (word === 'URL' ? gateway.url : word));
    const ran = await home.run(['auth', 'whoami', ...words], { env: env(gateway.url) });
    expect(ran.code).toBe(3);
    expect(asked(gateway)).toEqual([]);
  });

  it.each([
    ['before it has served', { served: false }],
    ['with a damaged file', { ports: 'none' }],
  ])('is not found %s', async (_title, settings) => {
    await keepInstall(portOf(gateway), settings);
    const list = await home.run(['context', 'list']);
    expect(list.stdout).toContain('local\thttp://localhost:8080\ttrue\tfalse');
  });

  it('without its secrets is no reason to fail', async () => {
    const folder = await keepInstall(portOf(gateway));
    await rm(join(folder, 'secrets'), { recursive: true });
    expect((await home.run(['version'])).code).toBe(0);
  });
});

describe.each(cynork.commands.map(({ path }) => path.join(' ')))(
  'whoever has taken the port of an install is told nothing by cynork %s',
  (name) => {
    it.each(['found', 'by its address', 'by another name of this machine'])('%s', async (how) => {
      await using stranger = await FakeGateway.start();
      await keepInstall(portOf(stranger));
      const host = how === 'by its address' ? '127.0.0.1' : 'localhost';
      const url = `http://${host}:${portOf(stranger)}`;
      const kept = 'token: canary-1\nrefresh_token: canary-2\n';
      // Of the gateway in use; what deletes a context is about another one.
      const named = name.startsWith('context ')
        ? `contexts:\n  far:\n    gateway_url: ${url}\n${kept}token_gateway: ${url}\n`
        : `gateway_url: ${url}\n${kept}`;
      await home.config(how === 'found' ? '' : named);
      const args = (calls[name]?.args ?? []).map((w) => (w === 'OUT' ? join(home.path, w) : w));
      const ran = await runInProcess(home, [...name.split(' '), ...args], {
        env: { CYNORK_TOKEN: '' },
        input: 'canary password\ncanary password 2\n',
        signal: AbortSignal.timeout(20_000),
      });
      expect(asked(stranger)).toEqual([]);
      // It was on its way there, not stopped before.
      if (name === 'context delete' && how !== 'found') {
        expect(ran.code).toBe(0);
        expect(stranger.requests.length).toBeGreaterThan(0);
      }
    });
  },
);
