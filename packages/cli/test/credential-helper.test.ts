import { type FakeGateway, alice } from '@cynodeai/testing/doubles';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';

let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

/** A helper that keeps the secret in a file beside it and writes down how it was called. */
const keeper = `#!/bin/sh
dir=$(dirname "$0")
read -r line
printf '%s\\n' "$line" >>"$dir/calls"
tr '\\0' '\\n' </proc/$$/environ >>"$dir/environ"
tr '\\0' ' ' </proc/$$/cmdline >>"$dir/cmdline"
echo noise >&2
case $line in
  *'"get"'*) if [ -s "$dir/kept" ]; then cat "$dir/kept"; else echo '{"secret":""}'; fi ;;
  *'"store"'*) printf '%s\\n' "$line" >"$dir/kept"; echo '{}' ;;
  *'"erase"'*) rm -f "$dir/kept"; echo '{}' ;;
esac
`;

async function helper(script: string): Promise<void> {
  const path = await home.file('.config/cynork/helper', script);
  await chmod(path, 0o700);
  await home.config('credential_helper: ./helper\n');
}

const beside = (name: string): Promise<string> =>
  readFile(join(home.path, '.config', 'cynork', name), 'utf8');

const login = (env: Record<string, string> = {}): ReturnType<Home['run']> =>
  home.run(['auth', 'login', '-u', 'alice', '--password-stdin'], {
    input: alice.password,
    env,
  });

describe('a credential helper', () => {
  it('keeps both tokens in place of the file, for the next process, until logout', async () => {
    await helper(keeper);
    expect((await login()).code).toBe(0);
    expect(await home.readConfig()).toBe('credential_helper: ./helper\n');
    expect(await home.run(['auth', 'whoami'])).toMatchObject({ code: 0, stderr: '' });
    expect(gateway.of('GET /v1/users/me')[0]?.headers.authorization).toBe('Bearer access-canary-1');
    expect((await home.run(['auth', 'logout'])).code).toBe(0);
    await expect(beside('kept')).rejects.toThrow('ENOENT');
    expect((await home.run(['auth', 'whoami'])).code).toBe(3);
    expect(await beside('calls')).toContain('{"action":"erase"}');
  });

  it('removes tokens that were in the file before', async () => {
    await helper(keeper);
    await home.config('credential_helper: ./helper\ntoken: old\nrefresh_token: older\n');
    await login();
    expect(await home.readConfig()).toBe('credential_helper: ./helper\n');
  });

  it('gets the rotated pair of a refresh', async () => {
    await helper(keeper);
    await login();
    gateway.clock.advance(900_000);
    expect((await home.run(['auth', 'whoami'])).code).toBe(0);
    expect(await beside('kept')).toContain('refresh-canary-2');
    expect(await home.readConfig()).not.toContain('access');
  });

  it('is started without arguments, secrets or more environment than it needs', async () => {
    await helper(keeper);
    await login({ CYNORK_TOKEN: 'env-canary', LANG: 'C', SOME_OTHER: 'env-canary' });
    const environ = (await beside('environ')).split('\n').map((line) => line.split('=', 1)[0]);
    expect(environ).toContain('HOME');
    expect(environ).not.toContain('SOME_OTHER');
    expect(`${await beside('environ')}${await beside('cmdline')}`).not.toMatch(/canary/);
  });

  it('is not started by version, status or with CYNORK_TOKEN', async () => {
    await helper(keeper);
    await home.run(['version']);
    await home.run(['status']);
    await home.run(['auth', 'whoami'], { env: { CYNORK_TOKEN: 't' } });
    await expect(beside('calls')).rejects.toThrow('ENOENT');
  });

  it('a bare secret is an access token', async () => {
    await helper('#!/bin/sh\nread -r line; echo \'{"secret":"bare-token"}\'\n');
    await home.run(['auth', 'whoami']);
    expect(gateway.requests).toEqual([]);
    // It belongs to the gateway that the file is about.
    await home.config(`gateway_url: ${gateway.url}\ncredential_helper: ./helper\n`);
    await home.run(['auth', 'whoami']);
    expect(gateway.of('GET /v1/users/me')[0]?.headers.authorization).toBe('Bearer bare-token');
  });

  it.each([
    ['an error', 'echo \'{"error":"locked canary"}\''],
    ['a bad exit code', 'echo \'{"secret":"x"}\'; exit 1'],
    ['bad JSON', 'echo canary'],
    ['too much output', 'head -c 200000 /dev/zero | tr "\\\\0" x'],
  ])('get with %s is one warning and no token', async (_title, body) => {
    await helper(`#!/bin/sh\nread -r line\n${body}\n`);
    const outcome = await home.run(['auth', 'whoami']);
    expect(outcome).toMatchObject({ code: 3, stdout: '' });
    expect(outcome.stderr.match(/^warning: /gm)).toHaveLength(1);
    expect(outcome.stderr).not.toContain('canary');
    expect(gateway.requests).toHaveLength(0);
  });

  it('get that hangs is ended after 10 s with its children', { timeout: 30_000 }, async () => {
    await helper('#!/bin/sh\nsleep 1000 & echo $! >"$(dirname "$0")/pid"; wait\n');
    expect((await home.run(['auth', 'whoami'])).code).toBe(3);
    const pid = Number(await beside('pid'));
    await expect
      .poll(() => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone'), { timeout: 5000 })
      .toMatch(/^gone|\) Z /);
  });

  it('get that is interrupted is exit 130 at once, and the helper is ended', async () => {
    await helper('#!/bin/sh\necho $$ >"$(dirname "$0")/pid"\nexec sleep 60\n');
    const running = home.start(['auth', 'whoami']);
    await expect.poll(() => beside('pid').catch(() => ''), { timeout: 10_000 }).not.toBe('');
    running.kill('SIGINT');
    expect(await running.outcome).toMatchObject({ code: 130, stdout: '', stderr: '' });
    const stat = `/proc/${(await beside('pid')).trim()}/stat`;
    await expect
      .poll(() => readFile(stat, 'utf8').catch(() => 'gone'), { timeout: 5000 })
      .toMatch(/^gone|\) Z /);
  });

  it('store that fails fails the login with exit 8 and writes no plain token', async () => {
    await helper('#!/bin/sh\nread -r line; echo \'{"error":"locked"}\'\n');
    expect(await login()).toMatchObject({ code: 8, stdout: '' });
    expect(await home.readConfig()).not.toContain('access');
  });

  it.each([
    ['login', () => login()],
    ['logout', () => home.run(['auth', 'logout'])],
  ])('get that fails makes a %s exit 8 and loses no other session', async (_title, command) => {
    await helper(keeper.replace('case $line in', `case $line in\n  *'"get"'*) exit 1 ;;`));
    const kept = '{"secret":"other-session"}\n';
    await home.file('.config/cynork/kept', kept);
    expect(await command()).toMatchObject({ code: 8, stdout: '' });
    expect(await beside('kept')).toBe(kept);
  });

  it('keeps a session of which only the refresh token is there', async () => {
    const secret = { refresh_token: 'refresh-only', gateway: gateway.url };
    await helper(keeper);
    await home.file(
      '.config/cynork/kept',
      `${JSON.stringify({ secret: JSON.stringify(secret) })}\n`,
    );
    await home.run(['auth', 'refresh']);
    expect(gateway.of('POST /v1/auth/refresh')[0]?.json).toEqual({ refresh_token: 'refresh-only' });
  });

  it('erase that is unknown is followed by an empty store', async () => {
    await helper(`#!/bin/sh
read -r line
printf '%s\\n' "$line" >>"$(dirname "$0")/calls"
case $line in *'"erase"'*) echo '{"error":"unknown"}' ;; *'"get"'*) echo '{"secret":"t"}' ;; *) echo '{}' ;; esac
`);
    expect((await home.run(['auth', 'logout'])).code).toBe(0);
    expect((await beside('calls')).trim().split('\n').slice(-2)).toEqual([
      '{"action":"erase"}',
      '{"action":"store","secret":""}',
    ]);
  });

  it('erase that cannot be done is exit 8, after the file is clean', async () => {
    await helper('#!/bin/sh\nread -r line; echo \'{"error":"locked"}\'\n');
    await home.config('credential_helper: ./helper\ntoken: old\n');
    expect((await home.run(['auth', 'logout'])).code).toBe(8);
    expect(await home.readConfig()).not.toContain('old');
  });

  it('a short name is refused at first use and never searched in PATH', async () => {
    await home.config('credential_helper: ls\n');
    expect((await home.run(['version'])).code).toBe(0);
    const outcome = await home.run(['auth', 'whoami']);
    expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringContaining('ls is not known')]);
  });
});
