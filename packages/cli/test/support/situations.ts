import {
  alice,
  json,
  jobResult,
  jobId,
  problem,
  result,
  task,
  taskId,
  text,
} from '@cynodeai/testing/doubles';
import { mkdir, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from './each-test.ts';

/** Something that happens to a person with `cynork`, and is recorded as an example of what they read. */
export interface Situation {
  readonly args: readonly string[];
  /** What the gateway and the home are like. */
  readonly before?: (place: Place) => unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Widths of the terminals it is shown on too. */
  readonly widths?: readonly number[];
  /** What is typed on those terminals: once this is shown, these keys. */
  readonly types?: readonly (readonly [shown: string, keys: string])[];
  /** Without a session. */
  readonly stranger?: true;
}

/** No name server is asked: each answers in its own way, or not at all. */
const withoutNames = `--import=data:text/javascript,${encodeURIComponent(
  `import dns from 'node:dns';
   const fault = Object.assign(new Error('not found'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
   dns.lookup = (name, options, done) => process.nextTick(done, fault);`,
)}`;

const widths = [40, 80, 120] as const;
const get = `GET /v1/tasks/${taskId}`;
const create = ['task', 'create', '-p', 'hi'];

/** So long ago, in the middle of a unit, so that a slow run changes no word. */
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

function course(
  name: string,
  status: string,
  span: { from: number; tookMs?: number; code?: number },
) {
  const { from, tookMs, code } = span;
  return task(status, {
    task_name: name,
    created_at: ago(from),
    ...(status !== 'queued' && { started_at: ago(from) }),
    ...(tookMs !== undefined && { ended_at: ago(from - tookMs) }),
    ...(code !== undefined && { exit_code: code }),
  });
}

const someTasks = () => ({
  tasks: [
    course('say-hello', 'queued', { from: 2.5 * minute }),
    course('count-the-lines-of-all-files-2', 'running', { from: 12.5 * minute }),
    course('build-docs', 'completed', { from: 5.5 * hour, tookMs: 432, code: 0 }),
    course('nightly', 'failed', { from: 1.5 * day, tookMs: 47 * minute, code: 7 }),
    course('what-is-17-23', 'canceled', { from: 40.5 * day, tookMs: 12_300 }),
  ],
  next_cursor: 'bmV4dA',
});

const refused =
  (status: number, kind: string, detail: string) =>
  ({ gateway }: Place) =>
    gateway.on(get, problem(status, kind, detail));

const answered =
  (inference: object, truncated = false) =>
  ({ gateway }: Place) => {
    const cut = { truncated: { stdout: truncated, stderr: false }, inference };
    const job = { id: jobId, status: 'completed', result: jobResult('It is 391.', '', cut) };
    gateway.on(
      `${get}/result`,
      json(200, result('completed', { stdout: 'It is 391.', jobs: [job] })),
    );
  };

const waits =
  (waiting_reason: string, waiting_text?: string) =>
  ({ gateway }: Place) =>
    gateway.on(
      get,
      json(200, task('queued', { waiting_reason, ...(waiting_text && { waiting_text }) })),
    );

const withFolder = (path: string) => ['task', 'create', '--dir', path, '--', 'make', 'test'];

/** A folder `app` with one file, whose path it gives. */
async function makeApp({ home }: Place): Promise<string> {
  await mkdir(join(home.path, 'app'));
  return home.file('app/data.csv', 'a,b\n');
}

const ofTask = ['task', 'get', taskId];
const ofResult = ['task', 'result', taskId];

/** By the name of the example. One line each, as far as it goes. */
export const situations: Readonly<Record<string, Situation>> = {
  help: { args: [], widths },
  'help of task rerun': { args: ['task', 'rerun', '--help'], widths: [60] },
  'help of task create': { args: ['task', 'create', '--help'], widths: [60] },
  'help of task list': { args: ['task', 'list', '--help'], widths: [60] },
  'usage: unknown command': { args: ['taks', 'list'], widths: [60] },
  'usage: unknown subcommand': { args: ['task', 'crate'] },
  'usage: unknown flag': { args: ['task', 'list', '--satus', 'queued'] },
  'usage: no task named': { args: ['task', 'get'] },
  'usage: too much named': { args: ['task', 'get', 'a', 'b'] },
  'usage: unknown status': { args: ['task', 'list', '--status', 'pending'] },
  'usage: limit out of range': { args: ['task', 'list', '--limit', '500'] },
  'usage: jsonl where it does not apply': { args: ['task', 'list', '-o', 'jsonl'] },
  'usage: nothing to do': { args: ['task', 'create'] },
  'usage: two inputs': { args: ['task', 'create', '-p', 'a', '--command', 'b'] },
  'usage: empty prompt': { args: ['task', 'create', '-p', ''] },
  'usage: bad duration': { args: ['task', 'create', '--command', 'ls', '--timeout', '5 min'] },
  'usage: duration out of range': {
    args: ['task', 'create', '--command', 'ls', '--timeout', '4h'],
  },
  'usage: a time limit for a prompt': { args: [...create, '--timeout', '5m'] },
  'usage: inference for a prompt': { args: [...create, '--use-inference'] },
  'usage: contradicting input mode': {
    args: ['task', 'create', '--command', 'b', '--input-mode', 'prompt'],
  },
  'usage: a password as a flag': { args: ['auth', 'login', '--password', 'x'] },
  'usage: a gateway address that is none': {
    args: ofTask,
    env: { CYNORK_GATEWAY_URL: 'localhost:8080' },
  },
  'folder: missing': { args: withFolder('/nowhere/app'), widths: [60] },
  'folder: a file': {
    args: withFolder('HOME/app/data.csv'),
    before: (place) => makeApp(place),
  },
  'folder: more than goes into one': {
    args: withFolder('HOME/app'),
    before: async (place) => truncate(await makeApp(place), 9 * 1024 ** 3),
  },
  'folder: more than the server takes': {
    args: withFolder('HOME/app'),
    before: async (place) => {
      await makeApp(place);
      const detail =
        'a folder may have at most 512 MiB; an administrator may change folders.max_mib';
      place.gateway.on('POST /v1/folders', problem(413, 'payload_too_large', detail));
    },
  },
  'folder: a link that leads out': {
    args: withFolder('HOME/app'),
    before: async (place) => {
      await makeApp(place);
      await symlink('/etc/hostname', join(place.home.path, 'app/host'));
      place.gateway.on('POST /v1/tasks', json(201, task('queued')));
    },
    widths: [60],
  },
  'file: missing': { args: ['task', 'create', '--script', '/nowhere/build.sh'], widths: [60] },
  'file: a folder': { args: ['task', 'create', '--script', '/etc'] },
  'file: a link': {
    args: ['task', 'create', '--script', 'HOME/link'],
    before: ({ home }) => symlink('/etc/hostname', join(home.path, 'link')),
  },
  'file: empty': {
    args: ['task', 'create', '--script', 'HOME/a.sh'],
    before: ({ home }) => home.file('a.sh', ''),
  },
  'file: Windows line ends': {
    args: ['task', 'create', '--script', 'HOME/a.sh'],
    before: ({ home }) => home.file('a.sh', '#!/bin/sh\r\nls\r\n'),
    widths: [60],
  },
  'file: byte order mark': {
    args: ['task', 'create', '--script', 'HOME/a.sh'],
    before: ({ home }) => home.file('a.sh', '\uFEFFls\n'),
  },
  'file: UTF-16': {
    args: ['task', 'create', '--script', 'HOME/a.sh'],
    before: ({ home }) => home.file('a.sh', Buffer.from('\uFEFFls\n', 'utf16le')),
  },
  'file: binary': {
    args: ['task', 'create', '--script', 'HOME/a.sh'],
    before: ({ home }) => home.file('a.sh', Buffer.from([0x7f, 0x45, 0xff, 0xc0])),
  },
  'file: too large': {
    args: ['task', 'create', '--script', 'HOME/a.sh'],
    before: ({ home }) => home.file('a.sh', 'x'.repeat(300_000)),
  },
  'file: commands without any': {
    args: ['task', 'create', '--commands-file', 'HOME/c'],
    before: ({ home }) => home.file('c', '\n\n'),
  },
  'file: config that is no YAML': { args: ofTask, before: ({ home }) => home.config('{{{') },
  'session: none': { args: ofTask, stranger: true, widths: [60] },
  'session: wrong password': {
    args: ['auth', 'login', '-u', 'alice', '--password-stdin'],
    input: 'wrong\n',
    stranger: true,
  },
  'session: logged in': {
    args: ['auth', 'login', '-u', 'alice', '--password-stdin'],
    input: `${alice.password}\n`,
    stranger: true,
  },
  'session: log in at a terminal': {
    args: ['auth', 'login'],
    input: `alice\n${alice.password}\n`,
    stranger: true,
    widths: [60],
    types: [
      ['User: ', 'alice\n'],
      ['Password: ', `${alice.password}\n`],
    ],
  },
  'session: ended': { args: ofTask, env: { CYNORK_TOKEN: 'of-yesterday' }, widths: [60] },
  'session: a token with a line break': { args: ofTask, env: { CYNORK_TOKEN: 'a\nb' } },
  'session: not allowed': {
    args: ofTask,
    before: refused(403, 'authorization', 'your role does not allow it'),
  },
  'gateway: nobody there': {
    args: ofTask,
    env: { CYNORK_GATEWAY_URL: 'http://127.0.0.1:1' },
    widths: [60],
  },
  'gateway: a name that is unknown': {
    args: ['status'],
    env: { CYNORK_GATEWAY_URL: 'http://gateway.invalid:8080', NODE_OPTIONS: withoutNames },
  },
  'gateway: a page of somebody else': {
    args: ofTask,
    before: ({ gateway }) => gateway.on(get, text(200, '<html>', { 'content-type': 'text/html' })),
  },
  'gateway: somebody else on status': {
    args: ['status'],
    before: ({ gateway }) => gateway.on('GET /healthz', text(200, '<html>')),
  },
  'gateway: a redirect': {
    args: ofTask,
    before: ({ gateway }) => gateway.on(get, text(301, '', { location: 'https://elsewhere/' })),
  },
  'gateway: database away': {
    args: ofTask,
    before: refused(503, 'unavailable', 'the database is unavailable; try again soon'),
  },
  'gateway: too many calls': {
    args: ofTask,
    before: refused(429, 'rate_limit', 'too many requests; try again in 7 s'),
  },
  'gateway: a defect': { args: ofTask, before: refused(500, 'internal', 'internal error') },
  'gateway: well': { args: ['status'] },
  'task create': { args: create },
  'task create: disk full': {
    args: create,
    before: ({ gateway }) =>
      gateway.on(
        'POST /v1/tasks',
        problem(
          507,
          'insufficient_storage',
          'the disk of tasks is 97 % full, so that no new task is taken; have an administrator free space on it or remove finished tasks (cynode prune --older-than 30d), then try again',
        ),
      ),
    widths: [60],
  },
  'task list: none': { args: ['task', 'list'], widths: [60] },
  'task list: none in this state': { args: ['task', 'list', '--status', 'running'], widths: [60] },
  'task list': {
    args: ['task', 'list'],
    before: ({ gateway }) => gateway.on('GET /v1/tasks', json(200, someTasks())),
    widths: [40, 60, 80, 120],
  },
  'task list with ids': {
    args: ['task', 'list', '--ids'],
    before: ({ gateway }) => gateway.on('GET /v1/tasks', json(200, someTasks())),
    widths,
  },
  'task get: unknown': { args: ['task', 'get', 'say-hallo'], widths: [60] },
  'task get: queued': {
    args: ofTask,
    before: ({ gateway }) => gateway.on(get, json(200, task('queued'))),
  },
  'task get: waits for a node': {
    args: ofTask,
    before: waits('no_free_slot', 'every node is busy; it starts as soon as a job ends'),
    widths: [60],
  },
  'task get: waits for a model': {
    args: ofTask,
    before: waits(
      'pm_model_not_selected',
      'no Project Manager model selected: no model of the list is there; get one with: cynode model pull',
    ),
    widths: [60],
  },
  'task get: refused by its node': {
    args: ofTask,
    before: waits(
      'not_taken',
      'node a answered 503: the engine has no user namespace to join (2 of 10 times)',
    ),
    widths: [60],
  },
  'task result: not yet': {
    args: ofResult,
    before: ({ gateway }) => gateway.on(`${get}/result`, json(200, result('running'))),
  },
  'task result: whole': {
    args: ofResult,
    before: answered({ model: 'qwen3.5:0.8b', finish_reason: 'stop' }),
  },
  'task result: cut for length': {
    args: ofResult,
    before: answered({ model: 'qwen3.5:0.8b', finish_reason: 'length' }, true),
    widths,
  },
  'task result: cut for time': {
    args: ofResult,
    before: answered({ model: 'qwen3.5:0.8b', finish_reason: 'timeout' }, true),
  },
  'task result: of the demo model': {
    args: ofResult,
    before: answered({ model: 'cynode-demo:latest', finish_reason: 'stop' }),
    widths: [60],
  },
  'task cancel: asked at a terminal': {
    args: ['task', 'cancel', 'say-hello'],
    before: ({ gateway }) => gateway.addTask(),
    input: 'n\n',
    widths: [60],
    types: [['[y/N] ', 'n\n']],
  },
  'task cancel: declined': {
    args: ['task', 'cancel', 'say-hello'],
    before: ({ gateway }) => gateway.addTask(),
    input: 'n\n',
  },
  'task cancel': {
    args: ['task', 'cancel', 'say-hello', '--yes'],
    before: ({ gateway }) => gateway.addTask(),
  },
  'task cancel: it has ended': {
    args: ['task', 'cancel', 'say-hello', '--yes'],
    before: ({ gateway }) => gateway.addTask().end(),
  },
  'task rerun': {
    args: ['task', 'rerun', 'say-hello', '--env', 'WHO=world', '--timeout', '5m'],
    before: ({ gateway }) => gateway.addTask().end(),
  },
  'task delete: asked at a terminal': {
    args: ['task', 'delete', 'say-hello'],
    before: ({ gateway }) => gateway.addTask().end(),
    input: 'n\n',
    widths: [60],
    types: [['[y/N] ', 'y\n']],
  },
  'task delete: it goes on': {
    args: ['task', 'delete', 'say-hello', '--yes'],
    before: ({ gateway }) => gateway.addTask().start(),
  },
  'task artifacts get: the file is there': {
    args: ['task', 'artifacts', 'get', 'say-hello', taskId, '--out', 'HOME/out'],
    before: ({ home }) => home.file('out', 'x'),
  },
  'settings set: no JSON': {
    args: ['settings', 'set', '--key', 'dispatch.max_refusals', '--value', 'ten'],
  },
};
