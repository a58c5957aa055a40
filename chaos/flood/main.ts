import process from 'node:process';
import { parseArgs } from 'node:util';
import { runFlood } from './run.ts';
import { Target } from './target.ts';

/**
 * Strangers who are slow, huge, many and malformed at the doors of gateway and control plane, beside one honest client.
 *   node chaos/flood/main.ts [--seconds N] [--lanes N] [--seed N] [--only KIND] [--untimed]
 * Times are promises for a machine that has nothing else to do: `--untimed` shows them and holds everything else.
 * The seed is printed; the same seed repeats the same choices of attacks.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    lanes: { type: 'string', default: '64' },
    only: { type: 'string', default: '' },
    untimed: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
});
const plan = {
  only: values.only,
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  lanes: Number(values.lanes),
  timed: !values.untimed,
};
process.stderr.write(
  `flood: seed ${plan.seed}, ${plan.seconds} s, ${plan.lanes} attacks at a time\n`,
);
const target = new Target();
// The database is a daemon: nobody else would end it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void target.stop().finally(() => process.exit(1)));
}
try {
  await target.start();
  const verdict = await runFlood(target, plan);
  process.stdout.write(`${JSON.stringify({ ...plan, ...verdict }, undefined, 2)}\n`);
  for (const violation of verdict.violations) process.stderr.write(`flood: ${violation}\n`);
  process.exitCode = verdict.violations.length === 0 ? 0 : 1;
} finally {
  await target.stop();
}
