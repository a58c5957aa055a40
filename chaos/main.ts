import { mkdtempSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { root } from '../features/support/orchestrator.ts';
import { Cluster } from './cluster.ts';
import { Recorder } from './history.ts';
import { behindRecorder } from './namespace.ts';
import { runChaos } from './run.ts';

/**
 * Random kills and freezes of every role while jobs run, judged from a recorded history. Root runs it, because a
 * recorder takes the engine's place in a private mount namespace.
 *   node chaos/main.ts [--jobs N] [--prompts N] [--faults N] [--seed N]
 * The seed is printed; the same seed repeats the same choices of faults.
 */
const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '1000' },
    /** Tasks in plain words, which are planned and run in steps. */
    prompts: { type: 'string', default: '100' },
    faults: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    /** The folder of the cluster, behind the recorder; this program adds it itself. */
    directory: { type: 'string' },
  },
});
const say = (line: string): void => void process.stderr.write(`chaos: ${line}\n`);

async function breakAndJudge(directory: string): Promise<number> {
  const plan = {
    seed: Number(values.seed),
    jobs: Number(values.jobs),
    prompts: Number(values.prompts),
    faults: Number(values.faults),
  };
  say(`seed ${plan.seed}, ${plan.jobs} jobs, ${plan.prompts} prompts, ${plan.faults} faults`);
  const reports = join(root, '.cynode/reports');
  mkdirSync(reports, { recursive: true });
  const historyFile = join(reports, `chaos-${plan.seed}.jsonl`);
  const cluster = new Cluster(directory);
  let violations: readonly string[] = [];
  try {
    await cluster.start();
    say('two of each role, a model and PostgreSQL are up');
    const verdict = await runChaos(cluster, new Recorder(historyFile), plan, say);
    process.stdout.write(`${JSON.stringify({ seed: plan.seed, ...verdict }, undefined, 2)}\n`);
    violations = verdict.violations;
  } finally {
    const left = await cluster.stop();
    violations = [...violations, ...left.map((what) => `left behind: ${what}`)];
    for (const what of left) say(`left behind: ${what}`);
  }
  const broken = `${violations.length} promises broken; history in ${historyFile}`;
  say(violations.length === 0 ? 'every promise was kept' : broken);
  return violations.length === 0 ? 0 : 1;
}

process.exitCode =
  values.directory === undefined
    ? await behindRecorder(mkdtempSync('/tmp/cx-'), import.meta.filename, process.argv.slice(2))
    : await breakAndJudge(values.directory);
