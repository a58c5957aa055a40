import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '@cynodeai/runtime/process';
import { compare } from '../harness/compare.ts';
import type { Effort, Outcome } from '../harness/line.ts';
import { type BenchInstall, checkout } from '../support/install.ts';
import { timedRun } from '../support/timed.ts';

const [first, last] = ['the first line', 'the last line'];
const bytes = 1e9;
/** As fast as a pipe takes it. */
const script = `echo ${first}; yes 0123456789abcdef | head -c ${bytes}; echo; echo ${last}`;
const lookMs = 50;

const rssMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** Runs the job and looks at what comes of its output: the beginning, the end, and what is said to be missing. */
async function outputRun(env: Readonly<Record<string, string>>): Promise<number> {
  const startedMs = performance.now();
  const args = ['run', '--', 'sh', '-c', script];
  const { exitCode, stdout, stderr } = await runCommand(join(checkout, 'cynode'), args, {
    env: { ...env },
    timeoutMs: 600_000,
  });
  const ms = performance.now() - startedMs;
  if (exitCode !== 0) throw new Error(`the job ended with ${exitCode}: ${stderr.slice(0, 1000)}`);
  const omitted = Number(/(\d[\d,]*) bytes of stdout/.exec(stderr)?.[1]?.replaceAll(',', ''));
  const written = bytes + first.length + last.length + 3;
  if (!stdout.startsWith(`${first}\n0123456789abcdef\n`)) throw new Error('the head is wrong');
  if (!stdout.endsWith(`\n${last}\n`)) throw new Error('the tail is wrong');
  if (Buffer.byteLength(stdout) + omitted !== written) {
    throw new Error(`${stdout.length} bytes came and ${omitted} were left out of ${written}`);
  }
  return ms;
}

/** A job that writes 1 GB as fast as it can, against the same whose output goes nowhere. */
export async function measureOutput(install: BenchInstall, effort: Effort): Promise<Outcome> {
  await install.ensureStack();
  const { roles } = await install.processes();
  const node = roles.find(({ name }) => name === 'node')?.pid ?? 0;
  const before = rssMb(node);
  let highest = before;
  const looking = setInterval(() => (highest = Math.max(highest, rssMb(node))), lookMs);
  try {
    const outcome = await compare(
      {
        line: 'output',
        title: 'a job that writes 1 GB',
        unit: 'ms',
        comparison: 'ratio',
        samples: 1,
        warmUp: 1,
        target: { limit: 1.3, sense: 'at_most' },
        ours: { name: 'kept by the node', sample: () => outputRun(install.env) },
        anchor: {
          name: '| cat >/dev/null',
          sample: () => {
            const args = ['run', '--', 'sh', '-c', `{ ${script}; } | cat >/dev/null`];
            return timedRun(join(checkout, 'cynode'), args, install.env);
          },
        },
      },
      effort,
    );
    const note = `resident memory of the node: ${before.toFixed(0)} MB before, at most ${highest.toFixed(0)} MB meanwhile; head, tail and count of every run were right, or it failed`;
    return { ...outcome, notes: [note] };
  } finally {
    clearInterval(looking);
  }
}
