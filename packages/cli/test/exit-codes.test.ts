import { parseJson } from '@cynodeai/runtime/std';
import { Child } from '@cynodeai/testing/harness';
import { FakeGateway, alice, json, problem, taskId, text } from '@cynodeai/testing/doubles';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Home, executable } from './support/cynork.ts';

const token = { CYNORK_TOKEN: alice.token };
const path = `GET /v1/tasks/${taskId}`;
let gateway: FakeGateway;
let home: Home;

beforeAll(async () => {
  gateway = await FakeGateway.start();
  home = await Home.create(gateway);
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

const getTask = (...extra: string[]): ReturnType<Home['run']> =>
  home.run(['task', 'get', taskId, ...extra], { env: token });

describe('an answer of the gateway becomes an exit code (REQ-CLIENT-0145, REQ-CLIENT-0156)', () => {
  it.each([
    [400, 6],
    [401, 3],
    [403, 3],
    [404, 4],
    [405, 7],
    [408, 7],
    [409, 5],
    [410, 4],
    [412, 5],
    [413, 6],
    [415, 6],
    [418, 7],
    [422, 6],
    [429, 7],
    [500, 7],
    [502, 7],
    [503, 7],
    [504, 7],
  ])(
    'HTTP %i is exit %i, with an empty stdout and one line that names status and request',
    async (status, code) => {
      gateway.on(path, problem(status, 'any', 'because of this'));
      const outcome = await getTask('-o', 'json');
      expect(outcome).toEqual({
        code,
        signal: null,
        stdout: '',
        stderr: `error: because of this (HTTP ${status}, request req-1)\n`,
      });
    },
  );

  it('a body that is not JSON is exit 7', async () => {
    gateway.on(path, text(200, '{"id": ', { 'content-type': 'application/json' }));
    const outcome = await getTask();
    expect([outcome.code, outcome.stdout]).toEqual([7, '']);
    expect(outcome.stderr).toContain('not JSON');
  });

  it('a body without the documented shape is exit 7 and names the field', async () => {
    gateway.on(path, json(200, { task_id: taskId, status: 'sleeping' }));
    const outcome = await getTask('-o', 'json');
    expect([outcome.code, outcome.stdout]).toEqual([7, '']);
    expect(outcome.stderr).toMatch(/error: .*status/);
  });

  it('a task known by `id` alone is understood, and unknown fields are no fault', async () => {
    gateway.on(path, json(200, { id: taskId, status: 'queued', added_later: 1 }));
    expect(await getTask()).toMatchObject({ code: 0, stdout: `task_id=${taskId} status=queued\n` });
  });

  it('a socket closed in the middle of an answer is exit 7', async () => {
    gateway.on(path, (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"id"');
      setImmediate(() => response.destroy());
    });
    expect(await getTask()).toMatchObject({ code: 7, stdout: '' });
  });

  it('a redirect is exit 7 and is not followed, so that the token stays here', async () => {
    await using other = await FakeGateway.start();
    gateway.on(path, text(307, '', { location: `${other.url}/v1/tasks/${taskId}` }));
    const outcome = await getTask();
    expect([outcome.code, outcome.stdout, other.requests.length]).toEqual([7, '', 0]);
    expect(outcome.stderr).toContain('redirect');
  });

  it('a gateway that is not there is exit 7 and says where it was looked for', async () => {
    const outcome = await home.run(['task', 'get', taskId], {
      env: { ...token, CYNORK_GATEWAY_URL: 'http://127.0.0.1:1' },
    });
    expect(outcome.code).toBe(7);
    expect(outcome.stderr).toMatch(/^error: cannot reach the gateway at http:\/\/127\.0\.0\.1:1: /);
  });

  it('a health check that is not answered within 5 s is exit 7', async () => {
    gateway.next('GET /healthz', () => {});
    expect(await home.run(['status'])).toMatchObject({ code: 7, stdout: '' });
  });

  it('words of the gateway cannot break the one line of an error or steer a terminal', async () => {
    gateway.on(path, problem(409, 'conflict', 'first\nsecond\u001b[31m'));
    expect((await getTask()).stderr).toBe(
      'error: first second\u001B[31m (HTTP 409, request req-1)\u001B[0m\n',
    );
  });
});

describe('output that cannot be written', () => {
  it.each(['version', '--version', '--help', 'status'])(
    '%s is exit 8, never 1',
    async (command) => {
      const words = ['-c', 'exec "$0" "$1" >/dev/full', executable, command];
      const running = new Child('/bin/sh', words, { env: home.env() });
      expect((await running.outcome).code).toBe(8);
    },
  );
});

describe('the earliest failing stage decides', () => {
  it.each([
    ['an unknown flag without a token', ['task', 'get', taskId, '--nope'], 2],
    ['an unreadable attachment without a token', ['task', 'create', '-p', 'x', '-a', '/nope'], 2],
    ['no token', ['task', 'get', taskId], 3],
  ])('%s', async (_title, args, code) => {
    const before = gateway.requests.length;
    const outcome = await home.run(args);
    expect([outcome.code, outcome.stdout]).toEqual([code, '']);
    expect(gateway.requests).toHaveLength(before);
  });

  it('says how to log in, and asks nothing before', async () => {
    expect((await home.run(['task', 'cancel', taskId])).stderr).toBe(
      "error: not logged in: run 'cynork auth login' or set CYNORK_TOKEN\n",
    );
  });
});

describe('usage errors are exit 2 with one reason and a hint, on stderr', () => {
  it.each([
    ['unknown command', ['nope']],
    ['unknown subcommand', ['task', 'nope']],
    ['unknown flag', ['version', '--nope']],
    ['missing positional', ['task', 'get']],
    ['extra positional', ['task', 'get', 'a', 'b']],
    ['bad output format', ['version', '-o', 'xml']],
    ['jsonl where it does not apply', ['task', 'logs', 'x', '-o', 'jsonl']],
    ['bad enum', ['task', 'list', '--status', 'pending']],
    ['limit too small', ['task', 'list', '-l', '0']],
    ['limit too large', ['task', 'list', '-l', '201']],
    ['limit not a number', ['task', 'list', '-l', '1e2']],
    ['missing flag value', ['task', 'list', '--cursor']],
    ['a password on the command line', ['auth', 'login', '--password', 'x']],
    ['both synonyms', ['task', 'create', '-t', 'a', '-p', 'b']],
    ['no source', ['task', 'create']],
    ['two sources', ['task', 'create', '-p', 'a', '--command', 'b']],
    ['contradicting input mode', ['task', 'create', '--command', 'b', '--input-mode', 'prompt']],
    ['inference asked for a prompt', ['task', 'create', '-p', 'a', '--use-inference']],
    ['an empty prompt', ['task', 'create', '-p', '']],
    ['--password-stdin without --user', ['auth', 'login', '--password-stdin']],
  ])('%s', async (_title, args) => {
    const outcome = await home.run(args, { env: token });
    expect([outcome.code, outcome.stdout]).toEqual([2, '']);
    expect(outcome.stderr).toMatch(/^error: [^\n]+\nsee: cynork [^\n]*--help\n$/);
  });

  it.each([[[]], [['--help']], [['task']], [['task', 'create', '-h']], [['help', 'task']]])(
    'help for %j goes to stdout with exit 0 and does not load the config',
    async (args) => {
      await using broken = await Home.create();
      await broken.config('{{{ not yaml');
      const outcome = await broken.run(args);
      expect([outcome.code, outcome.stderr]).toEqual([0, '']);
      expect(outcome.stdout).toContain('Usage: cynork');
    },
  );

  it('global flags count before and after the command', async () => {
    for (const args of [
      ['-o', 'json', 'version'],
      ['version', '-o', 'json'],
    ]) {
      expect(parseJson((await home.run(args)).stdout)).toHaveProperty('version');
    }
    const between = await home.run(['task', '-o', 'json', 'list'], { env: token });
    expect(parseJson(between.stdout)).toEqual({ tasks: [], next_cursor: '' });
  });

  it('a flag-like value of another flag is left alone', async () => {
    await home.run(['task', 'create', '--command', '-q', '--command', '-o'], { env: token });
    const sent = gateway.of('POST /v1/tasks').at(-1)?.json;
    expect(sent).toEqual({ input_mode: 'commands', commands: ['-q', '-o'] });
  });
});
