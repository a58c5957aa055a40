import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import {
  Child,
  type Seen,
  type Unsteady,
  shellQuoted,
  startInTerminal,
  transcript,
} from '@cynodeai/testing/harness';
import { describe, expect, it } from 'vitest';
import { sayings } from './support/sayings.ts';
import type { Situation } from './support/acts.ts';
import { situations } from './support/situations.ts';
import { Stage } from './support/stage.ts';

/** What people read. Anew: `npm run record-examples`; read every change as one who sees it for the first time. */
const folder = join(import.meta.dirname, 'examples');
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const fileOf = (name: string): string => `${name.replaceAll(/[^\w]+/g, '-')}.txt`;

/** What is said only when the machine is slow, and how long something took. */
const timely: Unsteady = [
  [
    /^(?:cynode:|\*) (?:asking the model|running the job|stopping the stack|canceling the task)(?: \(.*\))?\n/gm,
    '',
  ],
  [/^cynode: .* \(\d+\.\d s\)\n/gm, ''],
];

const wordsOf = ({ args }: Situation, { env }: Stage): string[] =>
  args.map((word) => word.replace(/^HOME/, env['HOME'] ?? ''));

async function runIn(stage: Stage, situation: Situation, columns?: number): Promise<Child> {
  const act = await situation.before?.(stage);
  const words = [main, ...wordsOf(situation, stage)];
  const env = { ...stage.env, ...situation.env };
  const child = columns
    ? startInTerminal(process.execPath, words, { env, columns })
    : new Child(
        '/bin/sh',
        ['-c', `exec "$0" "$@" ${situation.redirect ?? ''}`, process.execPath, ...words],
        {
          env,
          input: situation.input ?? '',
        },
      );
  await act?.(child, columns);
  await child.outcome;
  return child;
}

/** The run at a width, or into a pipe, on a stage of its own. */
async function runAt(situation: Situation, columns?: number): Promise<Seen> {
  await using stage = await Stage.open();
  const { code, stdout, stderr } = await (await runIn(stage, situation, columns)).outcome;
  const typed = ['cynode', ...wordsOf(situation, stage).map(shellQuoted), situation.redirect ?? ''];
  const home = stage.env['HOME'] ?? '';
  const text = (raw: string): string => raw.replaceAll(home, '~');
  const command = text(typed.join(' ').trim());
  return { command, code, stdout: text(stdout), stderr: text(stderr) };
}

async function record(situation: Situation): Promise<string> {
  const { widths = [], unsteady = [] } = situation;
  const [seen, ...others] = await Promise.all([
    runAt(situation),
    ...widths.map((columns) => runAt(situation, columns)),
  ]);
  const terminals = widths.map((columns, index) => ({
    columns,
    shown: others[index]?.stdout ?? '',
  }));
  return transcript({ ...seen, terminals }, [...timely, ...unsteady]);
}

describe('what a person reads', () => {
  it.each(Object.entries(situations))('%s', async (name, situation) => {
    await expect(await record(situation)).toMatchFileSnapshot(join(folder, fileOf(name)));
  });

  it('is said beside what commands print', async () => {
    const text = Object.entries(sayings).map(([name, say]) => `--- ${name}\n${say().trimEnd()}\n`);
    await expect(text.join('')).toMatchFileSnapshot(join(folder, fileOf('said')));
  });

  it('is recorded of no situation that is gone', () => {
    const known = new Set([...Object.keys(situations), 'said'].map(fileOf));
    expect(readdirSync(folder).filter((file) => !known.has(file))).toEqual([]);
  });
});
