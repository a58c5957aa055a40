import { send } from '@cynodeai/testing/harness';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { compare } from '../harness/compare.ts';
import type { Effort, Outcome } from '../harness/line.ts';
import { median } from '../harness/statistics.ts';
import { EngineCall } from '../support/engine-call.ts';
import { type BenchInstall, checkout } from '../support/install.ts';
import { cpuOfRun, timedRun } from '../support/timed.ts';

/** A warm `cynode run` against the same engine call by hand. */
export async function measureRun(install: BenchInstall, effort: Effort): Promise<Outcome> {
  await install.ensureStack();
  const connection = await install.connect();
  try {
    const bare = await EngineCall.observe(install, connection);
    const cynode = join(checkout, 'cynode');
    return await compare(
      {
        line: 'run',
        title: 'warm `cynode run --commands true`',
        unit: 'ms',
        comparison: 'ratio',
        samples: effort.quick ? 2 : 5,
        warmUp: 2,
        ours: {
          name: 'cynode run',
          sample: () => timedRun(cynode, ['run', '--commands', 'true'], install.env),
        },
        anchor: { name: 'podman run', sample: () => bare.run() },
      },
      effort,
    );
  } finally {
    connection.close();
  }
}

/** Start of the client against a bare Node. */
export async function measureCynork(install: BenchInstall, effort: Effort): Promise<Outcome> {
  const { env } = install;
  return compare(
    {
      line: 'cynork',
      title: '`cynork --version` more than bare Node',
      unit: 'ms',
      comparison: 'difference',
      samples: effort.quick ? 3 : 15,
      warmUp: 3,
      target: { limit: 20, sense: 'at_most' },
      ours: {
        name: 'cynork --version',
        sample: () => timedRun(join(checkout, 'cynork'), ['--version'], env),
      },
      anchor: {
        name: 'node -e 0',
        sample: () => timedRun(process.execPath, ['-e', '0'], env),
      },
    },
    effort,
  );
}

/** What a whole command of the client costs beside a bare Node, in CPU. */
export async function measureCynorkStatus(install: BenchInstall, effort: Effort): Promise<Outcome> {
  await install.ensureStack();
  const env = { ...install.env, CYNORK_GATEWAY_URL: install.gatewayUrl };
  return compare(
    {
      line: 'cynork-status',
      title: 'CPU of `cynork status` more than bare Node',
      unit: 'ms',
      comparison: 'difference',
      samples: effort.quick ? 3 : 15,
      warmUp: 3,
      target: { limit: 60, sense: 'at_most' },
      ours: {
        name: 'cynork status',
        sample: () => cpuOfRun(join(checkout, 'cynork'), ['status'], env),
      },
      anchor: {
        name: 'node -e 0',
        sample: () => cpuOfRun(process.execPath, ['-e', '0'], env),
      },
    },
    effort,
  );
}

const pollMs = 5;
const limitMs = 60_000;

/** Waits until a server answers with 200; ms on the monotonic clock. */
async function answersAt(url: string): Promise<number> {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    const answer = await send('GET', url).catch(() => undefined);
    if (answer?.status === 200) return performance.now();
    await delay(pollMs);
  }
  throw new Error(`${url} did not answer with 200 within ${limitMs} ms`);
}

/** Starts the stack in the foreground and stops it again; when it served and when it was ready, ms after the start. */
async function startUp(
  install: BenchInstall,
): Promise<{ readonly servingMs: number; readonly readyMs: number }> {
  const startedMs = performance.now();
  const up = install.start(join(checkout, 'cynode'), ['up', '--quiet']);
  let times;
  try {
    const serving = await answersAt(`${install.gatewayUrl}/healthz`);
    const ready = await answersAt(`${install.workerUrl}/readyz`);
    times = { servingMs: serving - startedMs, readyMs: ready - startedMs };
  } finally {
    const guard = setTimeout(() => up.process.kill('SIGKILL'), limitMs);
    await up.stop();
    clearTimeout(guard);
  }
  const code = await up.ended;
  if (code !== 0) throw new Error(`cynode up ended with ${code}: ${up.stderr}`);
  return times;
}

/** `cynode up` on an install that has everything, until it is ready for jobs. */
export async function measureUp(install: BenchInstall, effort: Effort): Promise<Outcome> {
  await install.ensureStack();
  await install.stopStack();
  const doors: number[] = [];
  const outcome = await compare(
    {
      line: 'up',
      title: '`cynode up` to ready for jobs',
      unit: 'ms',
      comparison: 'value',
      samples: 1,
      target: { limit: 3000, sense: 'at_most' },
      ours: {
        name: 'cynode up',
        sample: async () => {
          const { servingMs, readyMs } = await startUp(install);
          doors.push(servingMs);
          return readyMs;
        },
      },
    },
    effort,
  );
  const first = median(doors)?.toFixed(0) ?? '?';
  const note = `ready means: \`/readyz\` of the node answers 200, jobs can run. The gateway's first answer came after ${first} ms (median).`;
  return { ...outcome, notes: [...outcome.notes, note] };
}
