import { parseJson } from '@cynodeai/runtime/std';
import { Child, type Outcome } from '@cynodeai/testing/harness';
import { type FakeGateway, alice, json, problem, task } from '@cynodeai/testing/doubles';
import { buildModel } from '@cynodeai/command-line/completion';
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cynork } from '../src/commands/catalogue.ts';
import { type Home, executable } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';

const env = { CYNORK_TOKEN: alice.token };
let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

function names(...list: string[]): void {
  const tasks = list.map((task_name) => task('queued', { task_name }));
  gateway.on('GET /v1/tasks', json(200, { tasks }));
}

const complete = (
  words: readonly string[],
  extra: Record<string, string> = env,
): Promise<Outcome> => home.run(['__complete', '--', ...words], { env: extra });

/** Runs a program of the machine with the environment of the home; undefined when it is not there. */
async function program(
  name: string,
  args: readonly string[],
  input: string,
): Promise<Outcome | undefined> {
  for (const folder of ['/usr/bin', '/bin', '/usr/local/bin']) {
    const path = join(folder, name);
    if (
      !(await access(path).then(
        () => true,
        () => false,
      ))
    )
      continue;
    return new Child(path, args, { env: home.env(env), input }).outcome;
  }
  return undefined;
}

/** What bash offers for each line; the last word is the one being typed. */
async function inBash(...lines: readonly string[]): Promise<string[]> {
  const script = [
    `PATH=${dirname(executable)}:$PATH`,
    'source <(cynork completion bash) || exit 9',
    't() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cynork cynork; echo "${COMPREPLY[*]}"; }',
    ...lines.map((line) => `t ${line}`),
  ].join('\n');
  const outcome = await program('bash', ['--norc'], `${script}\n`);
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  return outcome?.stdout.trimEnd().split('\n') ?? [];
}

describe('the bash script, in bash', () => {
  it('completes commands, flags, values, paths and task names', async () => {
    names('say-hello', 'say-hello-2', 'other');
    const file = await home.file('some-script.sh', 'x');
    const folder = dirname(file);
    const offered = await inBash(
      'cynork a',
      "cynork task ''",
      'cynork -o js',
      'cynork task list --status = c',
      'cynork task list --status qu',
      'cynork task create --scr',
      `cynork task create -s ${folder}/some`,
      `cynork task create --script = ${folder}/some`,
      'cynork task create --name a = b --inp',
      'cynork task watch say',
      'cynork users grant bob --role op',
      'cynork completion z',
    );
    expect(offered).toEqual([
      'auth audit',
      'artifacts create rerun list get cancel delete result watch logs',
      'json jsonl',
      'completed canceled',
      'queued',
      '--script',
      file,
      file,
      '--input-mode',
      'say-hello say-hello-2',
      'operator',
      'zsh',
    ]);
    expect(gateway.requests.map(({ url }) => url)).toEqual(['/v1/tasks?limit=200']);
  });

  it('a task name cannot run a command', async () => {
    names('$(touch pwned)', '`id`', 'a;b', 'a b', "it's", 'fine-1');
    expect(await inBash("cynork task get ''")).toEqual(['fine-1']);
    await expect(access(join(home.path, 'pwned'))).rejects.toThrow('ENOENT');
  });

  it('is registered for cynork', async () => {
    const line = `source <("${executable}" completion bash); complete -p cynork`;
    const outcome = await program('bash', ['--norc', '-c', line], '');
    expect(outcome?.stdout).toBe('complete -F _cynork cynork\n');
  });
});

describe('the scripts of zsh and fish', () => {
  it.each(['zsh', 'fish'])(
    '%s: name every command and flag, and parse where it is there',
    async (shell) => {
      const { code, stdout, stderr } = await home.run(['completion', shell]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const { nodes, globals } = buildModel(cynork);
      for (const { path, flags, children } of nodes) {
        expect(stdout).toContain(path.join(' '));
        for (const { name, help } of children) {
          expect(stdout).toContain(name);
          expect(stdout).toContain(help);
        }
        for (const { names: all } of [...flags, ...globals]) {
          for (const name of all) {
            const text =
              shell === 'zsh' ? name : name.replace(/^--/, '-l ').replace(/^-(?=\w$)/, '-s ');
            expect(stdout).toContain(text);
          }
        }
      }
      const quotes = stdout.replaceAll(String.raw`'\''`, '').split('\n');
      expect(
        quotes.filter((line) => !line.startsWith('#') && line.split("'").length % 2 === 0),
      ).toEqual([]);
      const parsed = await program(shell, ['-n', await home.file('script', stdout)], '');
      expect(parsed ?? { code: 0 }).toMatchObject({ code: 0 });
    },
  );

  it('in JSON a script is one string; another shell is exit 2', async () => {
    const { stdout } = await home.run(['completion', 'fish', '-o', 'json']);
    expect(parseJson(stdout)).toMatchObject({
      shell: 'fish',
      script: expect.stringContaining('complete -c cynork') as string,
    });
    expect(await home.run(['completion', 'tcsh'])).toMatchObject({ code: 2, stdout: '' });
    expect((await home.run(['completion'])).code).toBe(2);
  });
});

describe('__complete', () => {
  it('gives names that begin with what was typed, the id where there is no name', async () => {
    gateway.on(
      'GET /v1/tasks',
      json(200, {
        tasks: [
          task('queued'),
          { task_id: 'say-id', status: 'failed' },
          { id: 'x', status: 'failed' },
        ],
      }),
    );
    expect(await complete(['task', 'get', 'say'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'say-hello\nsay-id\n',
      stderr: '',
    });
  });

  it('uses the config file named on the line', async () => {
    names('one');
    const path = await home.file('other.yaml', `gateway_url: ${gateway.url}\ntoken: from-other\n`);
    expect((await complete(['-c', path, 'task', 'get', ''], {})).stdout).toBe('one\n');
    expect(gateway.requests[0]?.headers.authorization).toBe('Bearer from-other');
  });

  it.each([
    ['no session', {}],
    ['a refusal', env],
  ])('is silent with %s', async (_title, extra) => {
    gateway.on('GET /v1/tasks', problem(403, 'authorization', 'no'));
    expect(await complete(['task', 'get', ''], extra)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('is silent with a config file that cannot be used', async () => {
    await home.config('a: [1', 0o644);
    expect(await complete(['task', 'get', ''])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('renews no session, so that a limit cannot lose the new one, and shows no token', async () => {
    const tokens = gateway.identity.openSession(gateway.alice);
    const stored = `gateway_url: ${gateway.url}\ntoken: ${tokens.access_token}\nrefresh_token: ${tokens.refresh_token}\n`;
    await home.config(stored, 0o644);
    gateway.on('GET /v1/tasks', problem(401, 'authentication', `${tokens.access_token} ran out`));
    expect(await complete(['task', 'get', ''], {})).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(gateway.requests).toHaveLength(1);
    expect(await home.readConfig()).toBe(stored);
  });

  it('gives up after 2 s', async () => {
    gateway.on('GET /v1/tasks', () => {});
    const start = performance.now();
    expect(await complete(['task', 'get', ''])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const ms = performance.now() - start;
    expect(ms).toBeGreaterThan(1900);
    expect(ms).toBeLessThan(6000);
  });

  it('gives up on a credential helper too, and ends it', async () => {
    const helper = await home.file(
      '.config/cynork/helper',
      '#!/bin/sh\necho $$ >"$HOME/pid"\nexec sleep 60\n',
    );
    await new Child('/bin/chmod', ['755', helper], { env: home.env() }).outcome;
    await home.config('credential_helper: ./helper\n');
    expect(await complete(['task', 'get', ''], {})).toMatchObject({ code: 0, stdout: '' });
    const pid = (await new Child('/bin/cat', [join(home.path, 'pid')], { env: home.env() }).outcome)
      .stdout;
    await expect
      .poll(
        () =>
          access(`/proc/${pid.trim()}`).then(
            () => true,
            () => false,
          ),
        { timeout: 5000 },
      )
      .toBe(false);
  });

  it('asks nobody for what needs no asking, and offers nothing for paths', async () => {
    expect((await complete(['task', 'list', '--status', 'c'])).stdout).toBe(
      'completed\ncanceled\n',
    );
    expect((await complete(['task', 'create', '-s', ''])).stdout).toBe('');
    expect(gateway.requests).toHaveLength(0);
  });

  it('is not in the help', async () => {
    const { stdout } = await home.run(['--help']);
    expect(stdout).not.toContain('__complete');
    expect(stdout).toContain('completion');
  });
});
