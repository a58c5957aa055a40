import { readEnv } from '@cynodeai/runtime/config';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { FuzzTarget } from './fuzz-case.ts';
import { type FuzzReport, fuzzServer } from './fuzz-server.ts';

const defaultBudgetSeconds = 30;
/** Faults in the message of a failed test; `FUZZ_REPORT_DIR` has them all. */
const shown = 25;

/** What a test asserts on. */
export interface FuzzRun {
  readonly report: FuzzReport;
  /** Everything that is wrong, with the seed that makes it again; empty when all is well. */
  readonly verdict: readonly string[];
}

/**
 * Fuzzes as the environment says: `FUZZ_SEED` (drawn anew unless given), `FUZZ_BUDGET_S` (30 for each server),
 * `FUZZ_CASE` to replay one case by its id, `FUZZ_REPORT_DIR` to keep the coverage as JSON.
 */
export async function fuzzRun(target: FuzzTarget): Promise<FuzzRun> {
  const env = readEnv();
  const seed = Number(env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const budgetMs = Number(env['FUZZ_BUDGET_S'] ?? defaultBudgetSeconds) * 1000;
  const started = performance.now();
  const report = await fuzzServer(target, { seed, budgetMs, only: env['FUZZ_CASE'] });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    `fuzz ${target.name}: ${report.judged} cases, ${report.random} of them random, in ${seconds} s, seed ${seed}\n`,
  );
  const directory = env['FUZZ_REPORT_DIR'];
  if (directory !== undefined) {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, `fuzz-${target.name}.json`), JSON.stringify(report, null, 2));
  }
  const all = [...report.missing.map((key) => `not reached: ${key}`), ...report.faults];
  const replay = `replay with FUZZ_SEED=${seed} FUZZ_CASE=<case>`;
  return {
    report,
    verdict: all.length === 0 ? [] : [`${all.length} faults; ${replay}`, ...all.slice(0, shown)],
  };
}
