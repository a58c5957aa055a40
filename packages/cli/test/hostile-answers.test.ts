import { type Answer, type FakeGateway, alice } from '@cynodeai/testing/doubles';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { cynork } from '../src/commands/catalogue.ts';
import { runCommandLine } from '../src/start/run-command-line.ts';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { calls } from './support/every-command.ts';
import {
  hostileAnswer,
  hostilePage,
  hostileProblem,
  hostileText,
  mark,
  steeringIn,
} from './support/hostile-answers.ts';

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
