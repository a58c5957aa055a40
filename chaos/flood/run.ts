import { Child, send } from '@cynodeai/testing/harness';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseJson } from '@cynodeai/runtime/std';
import type { Target } from './target.ts';

export interface FloodPlan {
  readonly seed: number;
  readonly seconds: number;
  /** The only kind of attack; empty: every kind. */
  readonly only: string;
  /** Attacks at a time. */
  readonly lanes: number;
  /** Whether times are held against their promise. */
  readonly timed: boolean;
}

/** What the flood came to; empty `violations`: every promise was kept. */
export interface FloodVerdict {
  readonly attacks: Readonly<Record<string, number>>;
  /** Requests of the one honest client. */
  readonly requests: number;
  readonly requestMs: Latency;
  /** Answers to `/healthz`, by server, and of an idle one beside them. */
  readonly healthMs: Readonly<Record<string, Latency>>;
  /** Most memory above what it was before, MiB. */
  readonly memoryMiB: Readonly<Record<string, number>>;
  /** Rows that were added, by table. */
  readonly rows: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

export interface Latency {
  readonly median: number;
  /** No more than one in twenty is above. */
  readonly nearlyWorst: number;
  readonly worst: number;
}

const limits = {
  /** Of an answer to `/healthz`, beside that of an idle process, ms. */
  healthMs: 250,
  /** Two passwords are checked at a time, with 64 MiB each; the rest is what connections and answers need. */
  memoryMiB: 256,
  /** Rows strangers may add to a table in a minute. */
  rowsPerMinute: 300,
  /** Rows that one honest request may add to a table. */
  rowsPerRequest: 4,
} as const;

const everyMs = 100;

function latencyOf(values: readonly number[]): Latency {
  const sorted = values.toSorted((a, b) => a - b).map((value) => Math.round(value));
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
  return { median: at(0.5), nearlyWorst: at(0.95), worst: at(1) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Does again and again what one honest client does, until told to stop. */
async function honest(
  target: Target,
  token: string,
  over: AbortSignal,
): Promise<{ readonly requestMs: readonly number[]; readonly failures: readonly string[] }> {
  const requestMs: number[] = [];
  const failures: string[] = [];
  const ask = async (method: string, path: string, json?: unknown): Promise<void> => {
    const options = json === undefined ? { token } : { token, json };
    const what = `${method} ${path}`;
    const ms = await timed(async () => {
      const answer = await send(method, `${target.gateway}${path}`, options).catch(
        (error: unknown) => ({ status: 0, text: String(error) }),
      );
      if (answer.status < 200 || answer.status > 299) {
        failures.push(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
      }
    });
    requestMs.push(ms);
  };
  while (!over.aborted) {
    await ask('POST', '/v1/tasks', { input_mode: 'commands', commands: ['true'] });
    await ask('GET', '/v1/tasks?limit=5');
    await ask('GET', '/v1/users/me');
    await delay(everyMs);
  }
  return { requestMs, failures };
}

/** Asks every server and the idle one for their health until told to stop. */
async function watchHealth(
  target: Target,
  over: AbortSignal,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const places = [...target.servers, { name: 'idle', url: target.idleUrl }];
  const seen: Record<string, number[]> = Object.fromEntries(places.map(({ name }) => [name, []]));
  while (!over.aborted) {
    await Promise.all(
      places.map(async ({ name, url }) => {
        const ms = await timed(() => fetch(`${url}/healthz`).then((answer) => answer.text())).catch(
          () => Number.POSITIVE_INFINITY,
        );
        seen[name]?.push(ms);
      }),
    );
    await delay(everyMs);
  }
  return seen;
}

async function watchMemory(target: Target, over: AbortSignal): Promise<Record<string, number>> {
  const before = target.memory();
  const most: Record<string, number> = {};
  while (!over.aborted) {
    for (const [name, now] of Object.entries(target.memory())) {
      const grown = now === undefined ? Number.POSITIVE_INFINITY : now - (before[name] ?? 0);
      most[name] = Math.max(most[name] ?? 0, grown);
    }
    await delay(500);
  }
  return most;
}

function judge(verdict: Omit<FloodVerdict, 'violations'>, plan: FloodPlan): string[] {
  const { healthMs, memoryMiB, rows, requests } = verdict;
  const idle = healthMs['idle'] ?? { median: 0, nearlyWorst: 0, worst: 0 };
  const minutes = Math.ceil(plan.seconds / 60);
  const mostRows = limits.rowsPerMinute * minutes + limits.rowsPerRequest * requests;
  const late = Object.entries(healthMs).flatMap(([name, { nearlyWorst, worst }]) => {
    const isLate =
      nearlyWorst > limits.healthMs + idle.nearlyWorst ||
      worst > 4 * (limits.healthMs + idle.worst);
    return isLate ? [`/healthz of ${name} took ${nearlyWorst} ms, once ${worst} ms`] : [];
  });
  const fat = Object.entries(memoryMiB).flatMap(([name, grown]) =>
    grown > limits.memoryMiB ? [`${name} grew by ${grown} MiB`] : [],
  );
  const many = Object.entries(rows).flatMap(([table, added]) =>
    added > mostRows ? [`${added} rows were added to ${table}`] : [],
  );
  return [...(plan.timed ? late : []), ...fat, ...many];
}

/** Lets strangers loose on a target beside one honest client and judges what came of it. */
export async function runFlood(target: Target, plan: FloodPlan): Promise<FloodVerdict> {
  const token = await target.login();
  const rowsBefore = await target.rows();
  const over = new AbortController();
  const watches = Promise.all([
    honest(target, token, over.signal),
    watchHealth(target, over.signal),
    watchMemory(target, over.signal),
  ]);
  const { only, seed, seconds, lanes } = plan;
  const args = [only, ...[seed, seconds, lanes, ...target.ports].map(String)];
  const attacker = Child.ofScript(join(import.meta.dirname, 'attacker.ts'), args);
  const { code, stdout, stderr } = await attacker.outcome;
  over.abort();
  if (code !== 0) throw new Error(`the attacker ended with ${code}: ${stderr}`);
  const [{ requestMs, failures }, health, memoryMiB] = await watches;
  const rowsAfter = await target.rows();
  const verdict = {
    attacks: parseJson(stdout) as Record<string, number>,
    requests: requestMs.length,
    requestMs: latencyOf(requestMs),
    healthMs: Object.fromEntries(
      Object.entries(health).map(([name, values]) => [name, latencyOf(values)]),
    ),
    memoryMiB,
    rows: Object.fromEntries(
      Object.entries(rowsAfter)
        .map(([table, count]) => [table, count - (rowsBefore[table] ?? 0)] as const)
        .filter(([, added]) => added !== 0),
    ),
  };
  return {
    ...verdict,
    violations: [...target.lastWords(), ...failures.slice(0, 20), ...judge(verdict, plan)],
  };
}
