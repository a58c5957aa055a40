import { parseJson } from '@cynodeai/runtime/std';
import { Child, type Outcome } from '@cynodeai/testing/harness';
import { type FakeGateway, alice } from '@cynodeai/testing/doubles';
import { createHash, randomBytes } from 'node:crypto';
import { readForm } from '@cynodeai/runtime/http';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';

const env = { CYNORK_TOKEN: alice.token };
const MIB = 1024 * 1024;
let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

const create = (...args: string[]): Promise<Outcome> =>
  home.run(['task', 'create', ...args], { env });

function sent(): Record<string, unknown> {
  expect(gateway.requests).toHaveLength(1);
  return gateway.requests[0]?.json as Record<string, unknown>;
}

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');

/** Name, file name, type and hash of every part that was sent, in order. */
async function form(): Promise<string[][]> {
  expect(gateway.requests).toHaveLength(1);
  const [request] = gateway.requests;
  const body = async function* (): AsyncGenerator<Buffer> {
    yield request?.body ?? Buffer.alloc(0);
  };
  const parts: string[][] = [];
  for await (const part of readForm(request?.headers['content-type'] ?? '', body())) {
    const chunks: Buffer[] = [];
    for await (const chunk of part.chunks) chunks.push(chunk);
    parts.push([
      part.name,
      part.fileName ?? '',
      part.contentType ?? '',
      sha256(Buffer.concat(chunks)),
    ]);
  }
  return parts;
}

async function refused(args: readonly string[], why: string): Promise<void> {
  const outcome = await create(...args);
  expect(outcome).toMatchObject({ code: 2, stdout: '' });
  expect(outcome.stderr).toContain(why);
  expect(gateway.requests).toHaveLength(0);
}

describe('the input mode is always explicit (REQ-CLIENT-0151, REQ-CLIENT-0153, REQ-ORCHES-0125)', () => {
  it('a prompt is a prompt, whatever it looks like', async () => {
    const outcome = await create('--prompt', 'rm -rf x; $(touch pwned)');
    const [task] = gateway.tasks.all;
    expect(outcome).toEqual({
      code: 0,
      signal: null,
      stdout: `task_id=${task?.id} task_name=rm-rf-x-touch-pwned\n`,
      stderr: '',
    });
    expect(task?.facts).toMatchObject({ mode: 'prompt', text: 'rm -rf x; $(touch pwned)' });
    expect(sent()).toEqual({ input_mode: 'prompt', prompt: 'rm -rf x; $(touch pwned)' });
    expect(gateway.requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
  });

  it('--task is the same, and a text may be sent in another mode on demand', async () => {
    await create('-t', 'make\ntest\n', '--input-mode', 'commands');
    expect(sent()).toEqual({ input_mode: 'commands', prompt: 'make\ntest\n' });
  });

  it('a task file is a prompt, byte for byte', async () => {
    const text = '# Tâche\r\n\tfaire 🚀\n\n';
    await create('-f', await home.file('task.md', text));
    expect(sent()).toEqual({ input_mode: 'prompt', prompt: text });
  });

  it('a script file is sent verbatim as a script', async () => {
    const text = '#!/usr/bin/env python3\nprint("x")\n';
    await create('-s', await home.file('run.py', text), '--use-inference');
    expect(sent()).toEqual({ input_mode: 'script', prompt: text, use_inference: true });
  });

  it('commands keep their order, duplicates and inner spaces', async () => {
    const commands = ['echo  "a  b"', 'false', 'echo  "a  b"', ' date '];
    await create(...commands.flatMap((command) => ['--command', command]));
    expect(sent()).toEqual({ input_mode: 'commands', commands });
  });

  it('a commands file gives its lines without blank ones and carriage returns', async () => {
    await create('--commands-file', await home.file('c', 'one\r\n\r\n  \ntwo  x\n\none'));
    expect(sent()).toEqual({ input_mode: 'commands', commands: ['one', 'two  x', 'one'] });
  });

  it('name and project are passed on; the project of the config counts when none is given', async () => {
    for (const slug of ['mine', 'from-config']) gateway.tasks.addProject(slug);
    await home.config('active_project_id: from-config\n');
    await create('-p', 'x', '--name', 'My Task', '--project-id', 'mine');
    await create('-p', 'x');
    expect(gateway.requests.map((request) => request.json)).toEqual([
      { input_mode: 'prompt', prompt: 'x', task_name: 'My Task', project_id: 'mine' },
      { input_mode: 'prompt', prompt: 'x', project_id: 'from-config' },
    ]);
  });

  it('JSON gives the id and the name; an unknown project is exit 4', async () => {
    const outcome = await create('-p', 'x', '-o', 'json');
    expect(parseJson(outcome.stdout)).toEqual({
      task_id: gateway.tasks.all[0]?.id,
      task_name: 'x',
    });
    expect((await create('-p', 'x', '--project-id', 'nope')).code).toBe(4);
  });
});

describe('--image and --env', () => {
  it('go to the gateway in the body; get shows the names of the variables alone', async () => {
    const path = await home.file('vars.env', 'FROM_FILE=canary-file\n');
    const outcome = await home.run(
      [
        'task',
        'create',
        '--command',
        'true',
        '--image',
        'web',
        '-e',
        'A=canary-flag',
        '-e',
        'MINE',
      ].concat(['--env-file', path]),
      { env: { ...env, MINE: 'canary-mine' } },
    );
    expect(outcome.code).toBe(0);
    expect(sent()).toMatchObject({
      image: 'web',
      env: { FROM_FILE: 'canary-file', A: 'canary-flag', MINE: 'canary-mine' },
    });
    const [task] = gateway.tasks.all;
    const shown = await home.run(['task', 'get', task?.id ?? ''], { env });
    expect(shown.stdout).toContain('image=web env_names=A,FROM_FILE,MINE');
    expect(`${outcome.stdout}${outcome.stderr}${shown.stdout}`).not.toContain('canary');
  });

  it('are refused for a prompt, and a variable by its name', async () => {
    await refused(['-p', 'hello', '--image', 'web'], '--image is for the sandbox');
    await refused(['--command', 'true', '-e', 'CYNODE_TASK_ID=canary'], 'set by the node itself');
    await refused(['--command', 'true', '-e', 'NOT_SET_HERE'], 'NOT_SET_HERE is not set here');
  });
});

describe('--timeout', () => {
  it.each([
    ['90s', 90],
    ['15m', 900],
    ['1h', 3600],
    ['90', 90],
    ['3h', 10_800],
  ])('%s of commands is sent as %i seconds', async (text, seconds) => {
    expect((await create('--command', 'true', '--timeout', text)).code).toBe(0);
    expect(sent()).toMatchObject({ input_mode: 'commands', timeout_seconds: seconds });
  });

  it('counts for a text that is sent as a script; without it no limit is sent', async () => {
    await create('-t', 'make', '--input-mode', 'script', '--timeout', '1s');
    expect(sent()).toMatchObject({ input_mode: 'script', timeout_seconds: 1 });
    gateway.requests.length = 0;
    await create('--command', 'true');
    expect(sent()).not.toHaveProperty('timeout_seconds');
  });

  it('is refused for a prompt, out of range or unreadable, without a request', async () => {
    await refused(['-p', 'hello', '--timeout', '5s'], 'a prompt takes none');
    for (const text of ['0', '3h1s', '10801', '1500ms', 'soon', '']) {
      await refused(['--command', 'true', '--timeout', text], 'whole seconds from 1s to 3h');
    }
  });
});

describe('files are checked before any request (REQ-CLIENT-0157)', () => {
  it.each([
    ['-f', MIB],
    ['-s', 256 * 1024],
    ['--commands-file', 64 * 1024],
  ])('%s takes exactly its limit of %i bytes and refuses one more', async (flag, limit) => {
    await refused([flag, await home.file('over', 'x'.repeat(limit + 1))], 'is larger than');
    expect((await create(flag, await home.file('edge', 'x'.repeat(limit)))).code).toBe(0);
    expect(JSON.stringify(sent())).toContain('x'.repeat(limit));
  });

  it.each(['-f', '-s', '--commands-file', '-a'])(
    '%s refuses what is no regular file, without waiting or reading on',
    async (flag) => {
      const rest = flag === '-a' ? ['-p', 'x'] : [];
      const real = await home.file('real', 'x');
      await symlink(real, join(home.path, 'link'));
      await new Child('mkfifo', [join(home.path, 'fifo')], { env: home.env() }).outcome;
      await refused([...rest, flag, join(home.path, 'missing')], 'does not exist');
      await refused([...rest, flag, join(home.path, 'link')], 'is a symbolic link');
      await refused([...rest, flag, home.path], flag === '-a' ? 'directory' : 'is a directory');
      await refused([...rest, flag, join(home.path, 'fifo')], 'is not a regular file');
      await refused([...rest, flag, '/dev/zero'], 'is not a regular file');
    },
  );

  it.each(['-f', '-s', '--commands-file'])('%s refuses empty and broken text', async (flag) => {
    await refused([flag, await home.file('empty', '')], 'is empty');
    await refused(
      [flag, await home.file('latin1', Buffer.of(0x66, 0xfc, 0x72))],
      'not valid UTF-8',
    );
  });

  it('a commands file of blank lines holds no command', async () => {
    await refused(['--commands-file', await home.file('blank', '\n \r\n\n')], 'holds no command');
  });
});

describe('attachments arrive as bytes (REQ-CLIENT-0157, REQ-ORCHES-0126)', () => {
  it('unchanged, in order, with base name and guessed type', async () => {
    const bytes = randomBytes(3 * MIB);
    const binary = await home.file('deep/data.bin', bytes);
    const notes = await home.file('notes.md', 'hello');
    const empty = await home.file('empty', '');
    expect((await create('-p', 'x', '-a', binary, '-a', notes, '--attach', empty)).code).toBe(0);
    expect(await form()).toEqual([
      [
        'task',
        '',
        'application/json',
        sha256(JSON.stringify({ input_mode: 'prompt', prompt: 'x' })),
      ],
      ['attachments', 'data.bin', 'application/octet-stream', sha256(bytes)],
      ['attachments', 'notes.md', 'text/markdown', sha256('hello')],
      ['attachments', 'empty', 'application/octet-stream', sha256('')],
    ]);
    expect(gateway.requests[0]?.headers).toMatchObject({
      'content-length': String(gateway.requests[0]?.body.length),
      'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
  });

  it('sixteen are taken, seventeen are not', async () => {
    const paths = await Promise.all(
      Array.from({ length: 17 }, (_unused, index) => home.file(`f${index}`, `${index}`)),
    );
    const flags = paths.flatMap((path) => ['-a', path]);
    await refused(['-p', 'x', ...flags], 'at most 16');
    expect((await create('-p', 'x', ...flags.slice(2))).code).toBe(0);
    expect(await form()).toHaveLength(17);
  });

  it('10 MiB are taken, one byte more is not', async () => {
    const over = await home.file('over.bin', Buffer.alloc(10 * MIB + 1));
    await refused(['-p', 'x', '-a', over], 'over.bin is larger than 10 MiB');
    const edge = await home.file('edge.bin', Buffer.alloc(10 * MIB));
    expect((await create('-p', 'x', '-a', edge)).code).toBe(0);
    expect(gateway.requests[0]?.body.length).toBeGreaterThan(10 * MIB);
  });

  it('two of one base name, hidden files and odd names are refused', async () => {
    const one = await home.file('a/same.txt', '1');
    const two = await home.file('b/same.txt', '2');
    await refused(['-p', 'x', '-a', one, '-a', two], 'two attachments are named same.txt');
    await refused(['-p', 'x', '-a', await home.file('.hidden', '1')], 'cannot be attached');
  });
});

describe('task create --result', () => {
  it('waits and prints what task result prints, and nothing before', async () => {
    gateway.tasks.onCreated = (task) => task.end({ stdout: 'hello\n', exit_code: 3 });
    const outcome = await create('--command', 'x', '--result');
    expect(outcome).toMatchObject({
      code: 0,
      stdout: `task_id=${gateway.tasks.all[0]?.id} status=failed task_name=x stdout="hello\\n" stderr=""\n`,
    });
  });

  it('interrupted, it prints no result, says where to look, and leaves the task alone', async () => {
    const running = home.start(['task', 'create', '--command', 'x', '--result'], { env });
    await expect.poll(() => gateway.requests.length, { timeout: 10_000 }).toBe(2);
    running.kill('SIGINT');
    const outcome = await running.outcome;
    expect([outcome.code, outcome.stdout]).toEqual([130, '']);
    const [task] = gateway.tasks.all;
    expect(outcome.stderr).toContain(`cynork task result ${task?.id}`);
    expect(gateway.requests).toHaveLength(2);
    expect(task?.status).toBe('queued');
  });
});
