import { setInterval } from 'node:timers/promises';
import { isRecord, messageOf, parseJson, uuidv7 } from '@cynodeai/runtime/std';
import { waitFor } from '@cynodeai/testing';
import { testToken } from '@cynodeai/testing/doubles';
import { testImage } from '../support/test-image.ts';
import type { BesiegedNode } from './besieged-node.ts';
import type { HostileProgram } from './programs.ts';

/** What came of a siege. Times in ms. */
export interface Report {
  /** Programs that got out, or whose run the node did not answer, with what was seen. */
  readonly escaped: readonly string[];
  readonly ordinary: {
    readonly runs: number;
    readonly failed: readonly string[];
    readonly quietMedianMs: number;
    readonly worstMs: number;
    /** Programs that ran when the slowest of them was started. */
    readonly worstDuring: string;
  };
  readonly health: {
    readonly asked: number;
    readonly failed: readonly string[];
    readonly quietWorstMs: number;
    readonly worstMs: number;
    /** Programs that ran when the slowest answer came. */
    readonly worstDuring: string;
  };
  readonly left: readonly string[];
  /** What the node had to say about faults of its own. */
  readonly faults: readonly string[];
}

interface Answer {
  readonly ms: number;
  readonly result: Readonly<Record<string, unknown>>;
}

async function run(node: BesiegedNode, script: string, seconds: number): Promise<Answer> {
  const start = performance.now();
  const sandbox = { image: testImage, command: ['sh', '-c', script], timeout_seconds: seconds };
  const response = await fetch(`${node.url}/v1/worker/jobs:run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${testToken}` },
    body: JSON.stringify({ version: 1, task_id: uuidv7(), job_id: uuidv7(), sandbox }),
  });
  const result = parseJson(await response.text());
  return { ms: performance.now() - start, result: isRecord(result) ? result : {} };
}

/** What most jobs are: children, a pipe, files, a result. */
const ordinaryScript = 'seq 2000 | sort -n | tail -n 1 > a && cp a b && cat b && ls | wc -l';
const ordinarySays = '2000\n2\n';
/** A limit far beyond what an ordinary job takes on a busy machine. */
const ordinarySeconds = 120;

/** Runs ordinary jobs, one a second, for as long as it is asked to. */
class Ordinary {
  readonly times: number[] = [];
  readonly failed: string[] = [];
  slowestDuring = '';

  async once(node: BesiegedNode, active: ReadonlySet<string>): Promise<void> {
    const during = [...active].join(', ');
    const { ms, result } = await run(node, ordinaryScript, ordinarySeconds);
    if (ms > worst(this.times)) this.slowestDuring = during;
    this.times.push(ms);
    if (result['stdout'] !== ordinarySays || result['exit_code'] !== 0)
      this.failed.push(JSON.stringify(result));
  }

  async everySecond(
    node: BesiegedNode,
    active: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const _tick of setInterval(1000)) {
      if (signal.aborted) return;
      await this.once(node, active);
    }
  }
}

const worst = (times: readonly number[]): number => Math.round(Math.max(0, ...times));

/** Asks for the node's health all the time. */
class Health {
  readonly times: number[] = [];
  readonly failed: string[] = [];
  /** Programs that ran when the slowest answer came. */
  slowestDuring = '';

  async always(
    node: BesiegedNode,
    active: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const _tick of setInterval(100)) {
      if (signal.aborted) return;
      const start = performance.now();
      const during = [...active].join(', ');
      const text = await fetch(`${node.url}/healthz`).then(
        (response) => response.text(),
        (error: unknown) => messageOf(error),
      );
      const ms = performance.now() - start;
      if (ms > worst(this.times)) this.slowestDuring = during;
      this.times.push(ms);
      if (text !== 'ok') this.failed.push(text);
    }
  }
}

const median = (times: readonly number[]): number =>
  Math.round(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0);

/** While something else goes on. */
async function beside(
  parts: (signal: AbortSignal) => readonly Promise<void>[],
  work: () => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const all = parts(over.signal);
  try {
    await work();
  } finally {
    over.abort();
    await Promise.all(all);
  }
}

/** Two at a time, so that neighbours are hostile to each other, too; what each had to say that it should not. */
async function attack(
  node: BesiegedNode,
  programs: readonly HostileProgram[],
  seconds: number,
  active: Set<string>,
): Promise<readonly string[]> {
  const waiting = [...programs];
  const escaped: string[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      active.add(next.name);
      const { result } = await run(node, next.script, seconds);
      active.delete(next.name);
      const known = ['completed', 'failed', 'timeout'].includes(String(result['status']));
      const out = String(result['stdout']).includes('ESCAPED');
      if (!known || out) escaped.push(`${next.name}: ${JSON.stringify(result).slice(0, 500)}`);
    }
  };
  await Promise.all([lane(), lane()]);
  return escaped;
}

/** Runs every program for so many seconds, with an ordinary job every second beside them. */
export async function besiege(
  node: BesiegedNode,
  programs: readonly HostileProgram[],
  seconds: number,
): Promise<Report> {
  const active = new Set<string>();
  const quiet = { ordinary: new Ordinary(), health: new Health() };
  await beside(
    (signal) => [quiet.health.always(node, active, signal)],
    async () => {
      for (const _turn of [1, 2, 3]) await quiet.ordinary.once(node, active);
    },
  );
  const loud = { ordinary: new Ordinary(), health: new Health() };
  let escaped: readonly string[] = [];
  await beside(
    (signal) => [
      loud.ordinary.everySecond(node, active, signal),
      loud.health.always(node, active, signal),
    ],
    async () => {
      escaped = await attack(node, programs, seconds, active);
    },
  );
  let left: readonly string[] = ['not looked at'];
  await waitFor(async () => (left = await node.left()).length === 0, {
    what: 'nothing is left',
  }).catch(() => {});
  return {
    escaped,
    ordinary: {
      runs: loud.ordinary.times.length,
      failed: [...quiet.ordinary.failed, ...loud.ordinary.failed],
      quietMedianMs: median(quiet.ordinary.times),
      worstMs: worst(loud.ordinary.times),
      worstDuring: loud.ordinary.slowestDuring,
    },
    health: {
      asked: loud.health.times.length,
      failed: [...quiet.health.failed, ...loud.health.failed],
      quietWorstMs: worst(quiet.health.times),
      worstMs: worst(loud.health.times),
      worstDuring: loud.health.slowestDuring,
    },
    left,
    faults: node.faults,
  };
}
