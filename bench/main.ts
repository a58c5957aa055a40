import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { messageOf } from '@cynodeai/runtime/std';
import type { Effort, Outcome, Unmeasured } from './harness/line.ts';
import { machineFacts } from './harness/machine.ts';
import { type Report, markdown } from './harness/report.ts';
import { type Line, lines } from './lines/lines.ts';
import { BenchInstall } from './support/install.ts';

const help = `Usage: cynode bench [OPTIONS]

Measures this checkout on this machine, each line against an anchor in the same run, and prints a Markdown report.
It works in an install of its own, which is deleted at the end.

Options:
  --only LINE   measure this line; may be given several times: ${lines.map((line) => line.name).join(', ')}
  --rounds N    rounds of each line, 9 unless told
  --quick       few rounds and samples, to see that it works; the numbers mean little
  --json FILE   write every sample to a file as JSON
  -h, --help    this text
`;

const exitCode = { fault: 125, usage: 2, interrupted: 130 } as const;

interface Options {
  readonly wanted: readonly Line[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly json: string | undefined;
}

function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      quick: { type: 'boolean' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return 'help';
  const quick = values.quick === true;
  const rounds = Number(values.rounds ?? (quick ? 3 : 9));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000) {
    throw new TypeError('--rounds needs a whole number from 1 to 1000');
  }
  const unknown = values.only?.find((name) => lines.every((line) => line.name !== name));
  if (unknown !== undefined) {
    throw new TypeError(
      `there is no line ${unknown}; lines are ${lines.map((line) => line.name).join(', ')}`,
    );
  }
  const wanted = lines.filter((line) => values.only?.includes(line.name) ?? true);
  return { wanted, rounds, quick, json: values.json };
}

async function measureAll(options: Options, signal: AbortSignal): Promise<Report> {
  const machine = await machineFacts();
  const say = (what: string): void => void process.stderr.write(`${what}\n`);
  const effort: Effort = { rounds: options.rounds, quick: options.quick, signal, say };
  const outcomes: Outcome[] = [];
  const unmeasured: Unmeasured[] = [];
  await using install = new BenchInstall();
  for (const line of options.wanted) {
    signal.throwIfAborted();
    say(`${line.name}: ${line.title}`);
    try {
      outcomes.push(await line.measure(install, effort));
    } catch (error) {
      signal.throwIfAborted();
      unmeasured.push({ line: line.name, title: line.title, why: messageOf(error) });
    }
  }
  return { version: 1, rounds: options.rounds, machine, outcomes, unmeasured };
}

/** The first Ctrl-C ends the line under way and cleans up; it must be given time for that. */
function interruption(): AbortSignal {
  const control = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => control.abort(new Error('interrupted')));
  }
  return control.signal;
}

async function main(args: readonly string[]): Promise<number> {
  let options;
  try {
    options = readOptions(args);
  } catch (error) {
    process.stderr.write(`cynode bench: ${messageOf(error)}\n\n${help}`);
    return exitCode.usage;
  }
  if (options === 'help') {
    process.stdout.write(help);
    return 0;
  }
  const signal = interruption();
  try {
    const report = await measureAll(options, signal);
    if (options.json !== undefined) {
      writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
    }
    process.stdout.write(markdown(report));
    return report.unmeasured.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`cynode bench: ${messageOf(error)}\n`);
    return signal.aborted ? exitCode.interrupted : exitCode.fault;
  }
}

process.exitCode = await main(process.argv.slice(2));
