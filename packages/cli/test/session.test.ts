import { parseJson } from '@cynodeai/runtime/std';
import { Child, type Outcome } from '@cynodeai/testing/harness';
import { type FakeGateway, alice, problem, text } from '@cynodeai/testing/doubles';
import { watch } from 'node:fs';
import { chmod, mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Home, executable } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';

const { password } = alice;
let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

const login = (input = `${password}\n`): ReturnType<Home['run']> =>
  home.run(['auth', 'login', '-u', 'alice', '--password-stdin'], { input });

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

describe('version and status', () => {
  it('version needs neither session nor network', async () => {
    expect((await home.run(['version'])).stdout).toMatch(/^version=\d+\.\d+\.\d+\S*\n$/);
    expect((await home.run(['--version'])).stdout).toMatch(/^version=/);
    expect(gateway.requests).toHaveLength(0);
  });

  it('status prints ok and sends no token', async () => {
    expect(await home.run(['status'], { env: { CYNORK_TOKEN: 't' } })).toMatchObject({
      code: 0,
      stdout: 'ok\n',
      stderr: '',
    });
    expect((await home.run(['status', '-o', 'json'])).stdout).toBe('{\n  "gateway": "ok"\n}\n');
    expect(gateway.requests.every((request) => request.headers.authorization === undefined)).toBe(
      true,
    );
  });

  it.each([
    ['another status', problem(503, 'unavailable', 'down')],
    ['401, which is no matter of logging in here', problem(401, 'authentication', 'no')],
    ['another body', text(200, 'hello')],
  ])('status is exit 7 for %s', async (_title, answer) => {
    gateway.on('GET /healthz', answer);
    expect(await home.run(['status'])).toMatchObject({ code: 7, stdout: '' });
  });
});

describe('a session', () => {
  it('is made by --password-stdin, used by the next process, and gone after logout', async () => {
    expect(await login()).toEqual({
      code: 0,
      signal: null,
      stdout: 'logged_in=true user=alice\n',
      stderr: '',
    });
    expect(gateway.of('POST /v1/auth/login')[0]?.json).toEqual({
      handle: 'alice',
      password,
    });
    expect((await home.run(['auth', 'whoami'])).stdout).toBe(`id=${alice.id} user=alice\n`);
    expect(gateway.of('GET /v1/users/me')[0]?.headers).toMatchObject({
      authorization: 'Bearer access-canary-1',
      accept: 'application/json',
      'user-agent': expect.stringMatching(/^cynork\/\d/) as string,
      'x-request-id': expect.stringMatching(/^[A-Za-z0-9._-]{1,128}$/) as string,
    });
    expect(await home.run(['auth', 'logout'])).toMatchObject({
      code: 0,
      stdout: 'logged_out=true\n',
    });
    expect(gateway.of('POST /v1/auth/logout')[0]?.json).toEqual({
      refresh_token: 'refresh-canary-1',
    });
    expect(() => gateway.identity.caller('access-canary-1')).toThrow('not valid');
    expect(await home.readConfig()).not.toContain('canary');
    expect(await home.run(['auth', 'whoami'])).toMatchObject({ code: 3, stdout: '' });
  });

  it('is made by prompts on stderr; two lines from a pipe answer them', async () => {
    const outcome = await home.run(['auth', 'login', '-o', 'json'], {
      input: `alice\n${password}\n`,
    });
    expect(parseJson(outcome.stdout)).toEqual({ logged_in: true, user: 'alice' });
    expect(outcome.stderr).toContain('User:');
    expect(outcome.stderr).not.toContain(password);
  });

  it.each([
    ['LF', 'secret\n', 'secret'],
    ['CRLF', 'secret\r\n', 'secret'],
    ['two LFs, of which one is part of it', 'secret\n\n', 'secret\n'],
    ['none', ' secret ', ' secret '],
  ])('strips exactly one newline from standard input: %s', async (_title, input, sent) => {
    gateway.identity.addUser('alice', sent);
    expect((await login(input)).code).toBe(0);
    const body = gateway.of('POST /v1/auth/login')[0]?.body.toString() ?? '';
    expect(parseJson(body)).toHaveProperty('password', sent);
  });

  it.each([
    ['empty password', ['auth', 'login', '-u', 'alice', '--password-stdin'], '\n'],
    ['no password', ['auth', 'login', '-u', 'alice'], ''],
    ['no user', ['auth', 'login'], ''],
    [
      'a password that is no UTF-8',
      ['auth', 'login', '-u', 'alice', '--password-stdin'],
      Buffer.of(0xff),
    ],
  ])('%s is exit 2 without a request', async (_title, args, input) => {
    expect(await home.run(args, { input })).toMatchObject({ code: 2, stdout: '' });
    expect(gateway.requests).toHaveLength(0);
  });

  it('bad credentials are exit 3, a rate limit exit 7, and neither writes a file', async () => {
    expect((await login('another password\n')).code).toBe(3);
    gateway.on('POST /v1/auth/login', problem(429, 'rate_limit', 'wait'));
    expect((await login()).code).toBe(7);
    await expect(readdir(home.path)).resolves.toEqual([]);
  });

  it('logout works offline, when logged out, and creates nothing then', async () => {
    expect((await home.run(['auth', 'logout'])).code).toBe(0);
    await expect(readdir(home.path)).resolves.toEqual([]);
    await login();
    await gateway[Symbol.asyncDispose]();
    const outcome = await home.run(['auth', 'logout']);
    expect(outcome).toMatchObject({ code: 0, stdout: 'logged_out=true\n' });
    expect(outcome.stderr).toContain('warning: the session was not revoked');
    expect(await home.readConfig()).not.toContain('canary');
  });
});

/** What a login leaves beside the config file: the file that its lock is on stays. */
const kept = ['.config.yaml.lock', '.config.yaml.pid', 'config.yaml'];

describe('secrets stay where they belong (REQ-CLIENT-0102, REQ-CLIENT-0103)', () => {
  it('neither streams, arguments, environment nor a forced failure show the password or a token', async () => {
    const gate = Promise.withResolvers<void>();
    gateway.hold('POST /v1/auth/login', gate.promise);
    const running = home.start(['auth', 'login', '-u', 'alice', '--password-stdin']);
    running.end(`${password}\n`);
    await expect.poll(() => gateway.of('POST /v1/auth/login').length, { timeout: 10_000 }).toBe(1);
    const seen = await Promise.all(
      ['cmdline', 'environ'].map((name) => readFile(`/proc/${running.pid}/${name}`, 'utf8')),
    );
    gate.resolve();
    const outcome = await running.outcome;
    gateway.on('GET /v1/users/me', text(200, 'broken'));
    const failed = await home.run(['auth', 'whoami']);
    expect([outcome.code, failed.code]).toEqual([0, 7]);
    const all = [...seen, outcome.stdout, outcome.stderr, failed.stdout, failed.stderr].join('\n');
    expect(all).not.toMatch(/canary/);
    expect(seen[0]).toContain('login');
  });

  it('a broken config file is exit 2 and its content is not quoted', async () => {
    await home.config('token: "canary-in-file\nrefresh_token: [');
    const outcome = await home.run(['auth', 'whoami']);
    expect([outcome.code, outcome.stdout]).toEqual([2, '']);
    expect(outcome.stderr).toContain(home.configFile);
    expect(outcome.stderr).not.toContain('canary');
  });

  it('values of the environment never reach the file', async () => {
    const env = { CYNORK_TOKEN: 'env-canary' };
    const args = ['auth', 'login', '-u', 'alice', '--password-stdin'];
    const outcome = await home.run(args, { env, input: password });
    expect(outcome.stderr).toContain('CYNORK_TOKEN is set');
    const content = await home.readConfig();
    expect(content).toContain('access-canary-1');
    expect(content).not.toContain('env-canary');
    expect(content).not.toContain(gateway.url);
  });

  it('CYNORK_TOKEN wins over the file and is never refreshed (REQ-CLIENT-0106)', async () => {
    await login();
    expect((await home.run(['auth', 'whoami'], { env: { CYNORK_TOKEN: 'env-1' } })).code).toBe(3);
    expect(gateway.of('GET /v1/users/me').map((request) => request.headers.authorization)).toEqual([
      'Bearer env-1',
    ]);
    expect(gateway.of('POST /v1/auth/refresh')).toHaveLength(0);
  });

  it('warns before a token goes over plain http to another host, not to this one', async () => {
    const env = { CYNORK_TOKEN: 't', CYNORK_GATEWAY_URL: 'http://no-such-host.invalid:1' };
    const remote = await home.run(['auth', 'whoami'], { env });
    expect(remote.stderr).toMatch(/^warning: no-such-host\.invalid:1 is reached over plain http/);
    const here = await home.run(['auth', 'whoami'], { env: { CYNORK_TOKEN: alice.token } });
    expect(here.stderr).toBe('');
  });
});

describe('the config file (REQ-CLIENT-0149, REQ-CLIENT-0150)', () => {
  it('is 0600 in a folder 0700 whatever the umask, and a 0644 file becomes 0600', async () => {
    const withOpenUmask = async (): Promise<void> => {
      const login = [executable, 'auth', 'login', '-u', 'alice', '--password-stdin'];
      const words = ['-c', 'umask 000; exec "$0" "$@"', ...login];
      const running = new Child('/bin/sh', words, { env: home.env(), input: password });
      expect((await running.outcome).code).toBe(0);
    };
    await withOpenUmask();
    expect(await modeOf(home.configFile)).toBe(0o600);
    expect(await modeOf(dirname(home.configFile))).toBe(0o700);
    await chmod(home.configFile, 0o644);
    expect((await home.run(['version'])).stderr).toContain('chmod 600');
    await withOpenUmask();
    expect(await modeOf(home.configFile)).toBe(0o600);
    await expect(readdir(dirname(home.configFile))).resolves.toEqual(kept);
  });

  it('keeps unknown keys and comments through a rewrite', async () => {
    await home.config('# mine\ngateway_url: http://127.0.0.1:9\nfuture: {a: [1, 2]}\ntoken: old\n');
    await login();
    const content = await home.readConfig();
    expect(content).toMatch(/^# mine\ngateway_url: http:\/\/127\.0\.0\.1:9\nfuture:/);
    expect(content).toContain('- token: access-canary-1');
    // The session of another gateway stays its own.
    expect(content).toContain('token: old\ntoken_gateway: http://127.0.0.1:9\n');
  });

  it('is never seen half-written while logins are killed', async () => {
    await login();
    for (let step = 1; step <= 12; step += 1) {
      const running = home.start(['auth', 'login', '-u', 'alice', '--password-stdin']);
      let changes = 0;
      // Killed at another change of the folder each time: lock, temporary file, its content, rename.
      const watcher = watch(dirname(home.configFile), () => {
        changes += 1;
        if (changes === step) running.kill('SIGKILL');
      });
      running.end(password);
      await running.outcome;
      watcher.close();
      expect(await home.readConfig()).toMatch(
        /^token: access-canary-(\d+)\nrefresh_token: refresh-canary-\1\ntoken_gateway: sha256:\w{64}\n$/,
      );
      expect(await modeOf(home.configFile)).toBe(0o600);
    }
    expect((await login()).code).toBe(0);
    await expect(readdir(dirname(home.configFile))).resolves.toEqual(kept);
  });

  it.each([
    ['broken YAML', 'a: [1'],
    ['a list', '- a\n'],
    ['a scalar', 'hello\n'],
    ['a known key of another type', 'token: 5\n'],
    ['a nested known key of another type', 'tls: {ca_file: [x]}\n'],
  ])('%s is exit 2 before any command runs', async (_title, content) => {
    await home.config(content);
    expect(await home.run(['version'])).toMatchObject({ code: 2, stdout: '' });
  });

  it('a bad gateway address is exit 2, from the file and from the environment', async () => {
    await home.config('gateway_url: not-a-url\n');
    const env = { CYNORK_GATEWAY_URL: '' };
    expect((await home.run(['status'], { env })).stderr).toContain('gateway_url must be');
    const ftp = await home.run(['status'], { env: { CYNORK_GATEWAY_URL: 'ftp://x' } });
    expect([ftp.code, ftp.stderr]).toEqual([
      2,
      expect.stringContaining('CYNORK_GATEWAY_URL must be'),
    ]);
  });

  it('a missing file is fine, also when named, and reading creates nothing', async () => {
    const missing = join(home.path, 'no', 'such', 'config.yaml');
    expect((await home.run(['-c', missing, 'status'])).code).toBe(0);
    await expect(readdir(home.path)).resolves.toEqual([]);
  });

  it('is found by --config, then XDG_CONFIG_HOME, then HOME', async () => {
    const xdg = { XDG_CONFIG_HOME: join(home.path, 'xdg') };
    const of = (token: string): string => `gateway_url: ${gateway.url}\ntoken: ${token}\n`;
    await home.config(of('from-home'));
    await mkdir(join(home.path, 'xdg', 'cynork'), { recursive: true });
    await home.file('xdg/cynork/config.yaml', of('from-xdg'));
    const named = await home.file('named.yaml', of('from-flag'));
    for (const token of ['from-home', 'from-xdg', 'from-flag']) {
      gateway.identity.openSession(gateway.alice, token);
    }
    await home.run(['auth', 'whoami'], { env: { XDG_CONFIG_HOME: '' } });
    await home.run(['auth', 'whoami'], { env: xdg });
    await home.run(['auth', 'whoami', '--config', named], { env: xdg });
    expect(gateway.requests.map((request) => request.headers.authorization)).toEqual([
      'Bearer from-home',
      'Bearer from-xdg',
      'Bearer from-flag',
    ]);
  });

  it('without any place for it login is exit 8, and reading goes on', async () => {
    const { HOME: _home, ...env } = home.env();
    const start = (args: string[]): Promise<Outcome> =>
      new Child(executable, args, { env, input: password }).outcome;
    expect((await start(['status'])).code).toBe(0);
    const outcome = await start(['auth', 'login', '-u', 'alice', '--password-stdin']);
    expect([outcome.code, outcome.stdout]).toEqual([8, '']);
    expect((await start(['auth', 'logout'])).code).toBe(8);
  });
});

describe('a session that ran out', () => {
  it('is renewed once, kept, and the call is replayed', async () => {
    await login();
    gateway.clock.advance(900_000);
    expect(await home.run(['auth', 'whoami'])).toMatchObject({ code: 0, stderr: '' });
    expect(gateway.of('GET /v1/users/me').map((request) => request.headers.authorization)).toEqual([
      'Bearer access-canary-1',
      'Bearer access-canary-2',
    ]);
    expect(await home.readConfig()).toMatch(
      /^token: access-canary-2\nrefresh_token: refresh-canary-2\ntoken_gateway: sha256:\w{64}\n$/,
    );
    expect(await modeOf(home.configFile)).toBe(0o600);
  });

  it('is exit 3 when the renewed token is refused as well, without another try', async () => {
    await login();
    gateway.on('GET /v1/users/me', problem(401, 'authentication', 'expired'));
    expect((await home.run(['auth', 'whoami'])).code).toBe(3);
    expect(gateway.of('POST /v1/auth/refresh')).toHaveLength(1);
    expect(gateway.of('GET /v1/users/me')).toHaveLength(2);
  });

  it('is renewed by one of several processes only; the others use its token', async () => {
    await login();
    gateway.clock.advance(900_000);
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => home.run(['auth', 'whoami'])));
    expect(outcomes.map((outcome) => outcome.code)).toEqual([0, 0, 0, 0]);
    expect(gateway.of('POST /v1/auth/refresh')).toHaveLength(1);
  });

  it('auth refresh keeps the new pair and shows none of it; without one it is exit 3', async () => {
    expect((await home.run(['auth', 'refresh'])).code).toBe(3);
    await login();
    expect(await home.run(['auth', 'refresh'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'refreshed=true\n',
      stderr: '',
    });
    expect(await home.readConfig()).toContain('refresh-canary-2');
  });
});
