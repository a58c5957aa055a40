import { parseJson } from '@cynodeai/runtime/std';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import {
  type Totals,
  addTotals,
  cucumberTotals,
  noTests,
  vitestTotals,
} from '../packages/launcher/src/domain/totals.ts';

/**
 * Runs every test while four busy loops run beside it: what holds only on a quiet machine fails here.
 *   node scripts/test-loaded.ts [--times N] [--loops N] [-- VITEST ARGUMENTS...]
 * With filters or options for Vitest the features are left out. Nothing is tried again.
 */
const { values, positionals } = parseArgs({
  options: {
    times: { type: 'string', default: '1' },
    loops: { type: 'string', default: '4' },
  },
  allowPositionals: true,
});

const reports = '.cynode/reports';

interface Suite {
  readonly command: readonly [string, ...string[]];
  readonly report: string;
  readonly totals: (report: unknown) => Totals;
}

const vitest: Suite = {
  command: [
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reports}/vitest.json`,
    ...positionals,
  ],
  report: `${reports}/vitest.json`,
  totals: vitestTotals,
};
const cucumber: Suite = {
  command: ['cucumber-js'],
  report: `${reports}/cucumber.json`,
  totals: cucumberTotals,
};

/** Keeps a core busy for as long as this process lives, however it ends. */
const busyLoop = `
  const parent = process.ppid;
  while (process.ppid === parent) for (const end = Date.now() + 1000; Date.now() < end; );
`;

function startLoops(count: number): readonly ChildProcess[] {
  return Array.from({ length: count }, () => spawn(process.execPath, ['-e', busyLoop]));
}

async function run({ command, report, totals }: Suite): Promise<Totals> {
  rmSync(report, { force: true });
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  const found = totals(parseJson(readFileSync(report, 'utf8')));
  // A runner that fails beside its tests must not look as if it had passed.
  return code !== 0 && found.failed === 0 ? { ...found, failed: 1 } : found;
}

mkdirSync(reports, { recursive: true });
const loops = startLoops(Number(values.loops));
let failed = 0;
try {
  for (let round = 1; round <= Number(values.times); round += 1) {
    let sum = noTests;
    for (const suite of positionals.length > 0 ? [vitest] : [vitest, cucumber]) {
      sum = addTotals(sum, await run(suite));
    }
    process.stdout.write(`round ${round}: ${sum.passed} passed, ${sum.failed} failed\n`);
    failed += sum.failed;
  }
} finally {
  for (const loop of loops) loop.kill('SIGKILL');
}
process.exitCode = failed === 0 ? 0 : 1;
