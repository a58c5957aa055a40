import { parseJson } from '@cynodeai/runtime/std';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { openInstall } from '../install/install.ts';
import { checkoutDir } from '../install/paths.ts';
import { setUp } from '../setup/bring-up.ts';
import { bundlePrograms } from '../setup/bundle-programs.ts';
import { type Totals, addTotals, cucumberTotals, noTests, vitestTotals } from '../domain/totals.ts';
import { Progress } from '../terminal/progress.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { testFlags } from './flags.ts';

const reportsDir = join(checkoutDir, '.cynode/reports');

/** A runner of tests with the report it leaves. */
interface Suite {
  readonly command: readonly [string, ...string[]];
  readonly report: string;
  readonly totals: (report: unknown) => Totals;
}

const suites: readonly Suite[] = [
  {
    command: ['npm', 'run', '--silent', 'check'],
    report: join(reportsDir, 'vitest.json'),
    totals: vitestTotals,
  },
  {
    command: ['npm', 'run', '--silent', 'test-bdd'],
    report: join(reportsDir, 'cucumber.json'),
    totals: cucumberTotals,
  },
];

/** Runs everything; exit code 0 when nothing failed. */
export async function test(
  context: CommandContext,
  { flags }: { readonly flags: FlagsOf<typeof testFlags> },
): Promise<number> {
  const progress = new Progress();
  const install = await openInstall(context.env);
  const yes = flags.yes ?? false;
  try {
    await setUp({
      install,
      yes,
      forTests: true,
      ...context,
      onStep: (what) => progress.step(what),
    });
    await bundlePrograms({ checkout: install.checkout, progress, ...context });
  } finally {
    progress.done();
  }
  mkdirSync(reportsDir, { recursive: true });
  let totals = noTests;
  let clean = true;
  for (const suite of suites) {
    rmSync(suite.report, { force: true });
    const code = await runSuite(suite, context);
    context.signal.throwIfAborted();
    const found = readTotals(suite);
    // A runner that fails without a report, or before it, must not look like one with nothing to do.
    clean = clean && code === 0 && found !== undefined && found.passed > 0;
    totals = addTotals(totals, found ?? noTests);
  }
  if (!clean && totals.failed === 0)
    await context.output.text('a check outside the tests failed, see above\n');
  for (const line of totals.failures) await context.output.text(`failed: ${line}\n`);
  await context.output.text(`${totals.passed} passed, ${totals.failed} failed\n`);
  return clean && totals.failed === 0 ? 0 : 1;
}

function readTotals(suite: Suite): Totals | undefined {
  try {
    return suite.totals(parseJson(readFileSync(suite.report, 'utf8')));
  } catch {
    return undefined;
  }
}

async function runSuite(suite: Suite, context: CommandContext): Promise<number> {
  const [program, ...args] = suite.command;
  const path = [join(checkoutDir, 'node_modules/.bin'), context.env['PATH'] ?? ''].join(delimiter);
  const child = spawn(program, args, {
    cwd: checkoutDir,
    stdio: ['ignore', 'inherit', 'inherit'],
    // The compile cache makes coverage less precise.
    env: { ...context.env, PATH: path, NODE_COMPILE_CACHE: undefined },
  });
  const stop = (): void => void child.kill('SIGTERM');
  context.signal.addEventListener('abort', stop, { once: true });
  const [code] = (await once(child, 'exit').catch(() => [127])) as [number | null];
  context.signal.removeEventListener('abort', stop);
  return code ?? 1;
}
