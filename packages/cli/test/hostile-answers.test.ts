import { type Answer, type FakeGateway, alice } from '@cynodeai/testing/doubles';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { cynork } from '../src/commands/catalogue.ts';
import { runCommandLine } from '../src/start/run-command-line.ts';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import {
  hostileAnswer,
  hostilePage,
  hostileProblem,
  hostileText,
  mark,
  steeringIn,
  userId,
} from './support/hostile-answers.ts';

/** A call of every command; `shows` says that something of a right answer is printed. */
const calls: Readonly<
  Record<string, { readonly args: readonly string[]; readonly shows: boolean }>
> = {
  version: { args: [], shows: false },
  status: { args: [], shows: false },
  completion: { args: ['bash'], shows: false },
  'auth login': { args: ['-u', 'alice', '--password-stdin'], shows: false },
  'auth logout': { args: [], shows: false },
  'auth whoami': { args: [], shows: true },
  'auth refresh': { args: [], shows: false },
  'auth passwd': { args: ['--password-stdin'], shows: false },
  'task create': { args: ['-p', 'x', '--result'], shows: true },
  'task list': { args: [], shows: true },
  'task get': { args: ['t'], shows: true },
  'task cancel': { args: ['t', '--yes'], shows: false },
  'task result': { args: ['t', '--wait'], shows: true },
  'task watch': { args: ['t'], shows: true },
  'task logs': { args: ['t'], shows: true },
  'task artifacts list': { args: ['t'], shows: true },
  'task artifacts get': { args: ['t', 'a', '--out', 'OUT', '--force'], shows: false },
  'nodes list': { args: [], shows: true },
  'nodes get': { args: ['n'], shows: true },
  'nodes allow-reregister': { args: ['n'], shows: true },
  'settings list': { args: [], shows: true },
  'settings get': { args: ['--key', 'k'], shows: true },
  'settings set': { args: ['--key', 'k', '--value', '1'], shows: false },
  'settings delete': { args: ['--key', 'k', '--yes'], shows: false },
  'users list': { args: [], shows: true },
  'users get': { args: [userId], shows: true },
  'users create': { args: ['bob', '--password-stdin'], shows: true },
  'users disable': { args: [userId, '--yes'], shows: true },
  'users enable': { args: [userId], shows: true },
  'users revoke-sessions': { args: [userId, '--yes'], shows: false },
  'users reset-password': { args: [userId, '--password-stdin'], shows: false },
  'users roles': { args: [userId], shows: true },
  'users grant': { args: [userId, '--role', 'viewer'], shows: true },
  'users revoke': { args: [userId, '--role', 'viewer', '--yes'], shows: false },
};

let gateway: FakeGateway;
let home: Home;
eachTest((place) => ({ gateway, home } = place));

const terminal = (): PassThrough => Object.assign(new PassThrough(), { isTTY: true });

/** Runs a command as in a terminal, without colours; what it showed. */
async function shown(words: readonly string[]): Promise<string> {
  const [stdout, stderr, stdin] = [terminal(), terminal(), new PassThrough()];
  stdin.end('a long enough password\n');
  const out = join(home.path, 'out');
  const args = words.map((word) => (word === 'OUT' ? out : word));
  await runCommandLine(args, {
    env: async () => home.env({ CYNORK_TOKEN: alice.token, NO_COLOR: '1' }),
    stdin,
    stdout,
    stderr,
    signal: AbortSignal.timeout(10_000),
  });
  return [stdout, stderr].map((stream) => String(stream.read() ?? '')).join('\n');
}

const names = cynork.commands.map(({ path }) => path.join(' '));

beforeAll(() => {
  expect(Object.keys(calls).toSorted(), 'every command has its call here').toEqual(
    names.toSorted(),
  );
  expect(steeringIn(hostileText)).toBeDefined();
});

describe.each(names)('cynork %s', (name) => {
  const { args, shows } = calls[name] ?? { args: [], shows: false };
  const words = [...name.split(' '), ...args];

  it.each<readonly [string, Answer]>([
    ['a right answer', hostileAnswer],
    ['a refusal', hostileProblem],
    ['a page of somebody else', hostilePage],
  ])('shows nothing of %s to a terminal that would steer it', async (kind, answer) => {
    gateway.otherwise = answer;
    const output = await shown(words);
    expect(steeringIn(output)).toBeUndefined();
    if (kind === 'a right answer' && shows) expect(output).toContain(mark);
  });

  it('nor of its own words', async () => {
    const given = args.length === 0 ? [hostileText] : args.map(() => hostileText);
    for (const last of [given, [`--${hostileText}`]]) {
      expect(steeringIn(await shown([...name.split(' '), ...last]))).toBeUndefined();
    }
  });
});

it('words to complete a command line with are those of names alone', async () => {
  gateway.otherwise = hostileAnswer;
  expect(await shown(['__complete', '--', 'task', 'get', ''])).not.toContain(mark);
});
