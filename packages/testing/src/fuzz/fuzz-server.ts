import type { Route } from '@cynodeai/contracts/common';
import { bodyFieldCases, bodyShapeCases, sampleFault } from './body-cases.ts';
import { secretCanary, textCanary } from './canaries.ts';
import { faultOf } from './check-answer.ts';
import { connectionCases, slowCases } from './connection-cases.ts';
import { Coverage, type CoverageTable } from './coverage.ts';
import type { FuzzCase, FuzzTarget } from './fuzz-case.ts';
import { authorizationCases, headerCases, methodCases } from './header-cases.ts';
import { randomCases } from './random-cases.ts';
import { type CaseDraft, caseNamer, samplesOf } from './request-plan.ts';
import { openConnections } from './open-connections.ts';
import { paramCases, queryCases } from './url-cases.ts';
import { exchange } from './wire-client.ts';
import { formCases, rawFloodCases } from './streamed-cases.ts';

export interface FuzzOptions {
  /** Every random case follows from it. */
  readonly seed: number;
  /** Time for everything, ms; the planned cases are sent whatever it is. */
  readonly budgetMs: number;
  /** Sends this case alone, for a replay. */
  readonly only?: string | undefined;
  /** Longest wait for an answer, ms; 45 s unless told. */
  readonly deadlineMs?: number;
}

export interface FuzzReport {
  readonly seed: number;
  /** Cases judged. */
  readonly judged: number;
  readonly random: number;
  /** One line per wrong outcome: case id, what was wrong, the start of the answer. */
  readonly faults: readonly string[];
  /** Planned and not reached: mutation classes of fields, routes that never succeeded. */
  readonly missing: readonly string[];
  readonly coverage: CoverageTable;
  /** Answers by operation and status; a connection that ended without one counts as 0. */
  readonly statuses: Readonly<Record<string, Readonly<Record<number, number>>>>;
  /** Waiting for answers, ms, all lanes added up, by operation. */
  readonly waitedMs: Readonly<Record<string, number>>;
}

const concurrency = 8;
const randomBatch = 200;
/** More would say nothing new. */
const maxFaults = 2000;

function routeCases(target: FuzzTarget, route: Route): readonly CaseDraft[] {
  return [
    ...bodyFieldCases(target, route),
    ...bodyShapeCases(target, route),
    ...formCases(target, route),
    ...rawFloodCases(target, route),
    ...queryCases(target, route),
    ...paramCases(target, route),
    ...authorizationCases(target, route),
    ...headerCases(target, route),
    ...methodCases(target, route),
  ];
}

/** Every planned case: each field of each route in each mutation class, and the connection itself. */
export function plannedCases(target: FuzzTarget): readonly FuzzCase[] {
  for (const route of target.routes) {
    for (const sample of samplesOf(target, route)) {
      const fault = sampleFault(route, sample);
      if (fault !== undefined) throw new Error(fault);
    }
  }
  const name = caseNamer();
  const drafts = [
    ...slowCases(target),
    ...connectionCases(target),
    ...target.routes.flatMap((route) => routeCases(target, route)),
  ];
  return drafts.map((draft) => ({ ...draft, id: name(draft) }));
}

class Fuzzing {
  readonly coverage = new Coverage();
  readonly faults: string[] = [];
  readonly waitedMs: Record<string, number> = {};
  readonly statuses: Record<string, Record<number, number>> = {};
  readonly #target: FuzzTarget;
  readonly #deadlineMs: number;

  constructor(target: FuzzTarget, deadlineMs = 45_000) {
    this.#target = target;
    this.#deadlineMs = deadlineMs;
  }

  /** Routes that never succeeded: what is behind their checks was not reached. */
  neverRight(): readonly string[] {
    return this.#target.routes
      .filter(({ operation }) => this.#target.refused?.includes(operation) !== true)
      .filter(({ operation, success }) =>
        Object.keys(success).every((status) => !this.statuses[operation]?.[Number(status)]),
      )
      .map(({ operation }) => `${operation} never succeeded`);
  }

  async judge(one: FuzzCase): Promise<void> {
    const request = one.request();
    const started = performance.now();
    const outcome = await exchange(this.#target.port, request, this.#deadlineMs);
    const operation = one.route?.operation ?? 'connection';
    const waited = (this.waitedMs[operation] ?? 0) + performance.now() - started;
    this.waitedMs[operation] = Math.round(waited);
    const statuses = (this.statuses[operation] ??= {});
    const status = outcome.kind === 'answer' ? outcome.answer.status : 0;
    statuses[status] = (statuses[status] ?? 0) + 1;
    this.coverage.count(one);
    const fault = faultOf(one, outcome, request.method, this.#target.secrets);
    if (fault === undefined || this.faults.length >= maxFaults) return;
    this.faults.push(`${one.id}: ${fault}\n    ${JSON.stringify(outcome.raw.slice(0, 700))}`);
  }

  /** Sends the cases, eight at a time. */
  async run(cases: readonly FuzzCase[]): Promise<void> {
    const rest = cases.values();
    const lane = async (): Promise<void> => {
      for (const one of rest) await this.judge(one);
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
  }
}

function batch(target: FuzzTarget, seed: number, number: number): readonly FuzzCase[] {
  return randomCases(target, seed + number, randomBatch).map((draft, index) => ({
    ...draft,
    id: `random/${number}/${index}`,
  }));
}

async function runRandom(
  fuzzing: Fuzzing,
  target: FuzzTarget,
  seed: number,
  until: number,
): Promise<number> {
  let sent = 0;
  for (let number = 0; performance.now() < until; number += 1) {
    const cases = batch(target, seed, number);
    await fuzzing.run(cases);
    sent += cases.length;
  }
  return sent;
}

/** The one case to replay; random ones are named by batch and place. */
function replayed(
  target: FuzzTarget,
  planned: readonly FuzzCase[],
  { seed, only }: FuzzOptions,
): readonly FuzzCase[] {
  const [kind, number] = (only ?? '').split('/');
  const among = kind === 'random' ? batch(target, seed, Number(number)) : planned;
  return among.filter((one) => one.id === only);
}

function logFaults(target: FuzzTarget): readonly string[] {
  const text = target.logText();
  const forbidden = [
    ['a planted secret', secretCanary],
    ['text of a request', textCanary],
    ['a stack', String.raw`\n    at `],
    ...target.secrets.map((secret) => ['a live secret', secret]),
  ] as const;
  const lines = text.split('\n');
  return forbidden.flatMap(([what = '', needle = '']) => {
    const line = lines.find((one) => one.includes(needle));
    return line === undefined ? [] : [`the log holds ${what}: ${line.slice(0, 600)}`];
  });
}

/** Connections the server holds beyond those it had, once the test has let go of all of its own. */
async function connectionFaults(port: number, before: number): Promise<readonly string[]> {
  const left = await openConnections(port, before, 10_000);
  return left <= before ? [] : [`${left - before} connections are still open`];
}

/**
 * Sends every planned bad request and then random ones until the budget ends, and judges every answer by the
 * route's declaration; afterwards the log and the server's connections. Nothing is thrown for a fault.
 */
export async function fuzzServer(target: FuzzTarget, options: FuzzOptions): Promise<FuzzReport> {
  const started = performance.now();
  const { seed, budgetMs, only } = options;
  const connectionsBefore = await openConnections(target.port);
  const planned = plannedCases(target);
  const fuzzing = new Fuzzing(target, options.deadlineMs);
  let random = 0;
  if (only !== undefined) {
    await fuzzing.run(replayed(target, planned, options));
  } else {
    await fuzzing.run(planned);
    random = await runRandom(fuzzing, target, seed, started + budgetMs);
  }
  return {
    seed,
    random,
    judged: fuzzing.coverage.judged,
    faults: [
      ...fuzzing.faults,
      ...(await connectionFaults(target.port, connectionsBefore)),
      ...logFaults(target),
    ],
    missing:
      only === undefined ? [...fuzzing.coverage.missing(planned), ...fuzzing.neverRight()] : [],
    coverage: fuzzing.coverage.table(),
    statuses: fuzzing.statuses,
    waitedMs: fuzzing.waitedMs,
  };
}
