import { elapsedMs } from '@cynodeai/runtime/std';
import { waitFor } from '@cynodeai/testing/harness';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Verdict, judge } from './checker.ts';
import type { Cluster } from './cluster.ts';
import type { HistoryEvent, Recorder } from './history.ts';
import { Random } from './random.ts';

export interface ChaosPlan {
  readonly seed: number;
  readonly jobs: number;
  /** Tasks in plain words. */
  readonly prompts: number;
  readonly faults: number;
}

/** Submits the jobs, breaks things while they run, waits for the end and judges. */
export async function runChaos(
  cluster: Cluster,
  recorder: Recorder,
  plan: ChaosPlan,
  say: (line: string) => void,
): Promise<Verdict> {
  const random = new Random(plan.seed);
  const submitting = submitAll(cluster, recorder, plan);
  await breakThings(cluster, recorder, random, plan.faults, say);
  await submitting;
  say('no more faults; waiting for every task to end');
  const open = await settle(cluster, say);
  await recordEnds(cluster, recorder);
  await recordTasks(cluster, recorder);
  for (const event of await cluster.observed()) recorder.add(event);
  const verdict = judge(recorder.events);
  const stuck = open === 0 ? [] : [`${open} jobs and tasks had not ended when the time was up`];
  const blind = await blindness(cluster, recorder.events);
  return { ...verdict, violations: [...stuck, ...verdict.violations, ...blind] };
}

/** Whether a doubled run would have been seen: one job that has ended is really run once more, and must be named. */
async function blindness(cluster: Cluster, history: readonly HistoryEvent[]): Promise<string[]> {
  const job = history.find((event) => event.what === 'job_final');
  if (job === undefined) return ['no job ended'];
  const last = history.findLast(
    (event) => event.what === 'engine_start' && event.jobId === job.jobId,
  );
  await cluster.runAgain(job.jobId, last?.what === 'engine_start' ? last.node : '');
  const doubled = judge([
    ...history.filter(({ what }) => what !== 'lease' && what !== 'engine_start'),
    ...(await cluster.observed()),
  ]);
  const found = doubled.violations.filter((violation) => violation.includes(job.jobId));
  if (found.some((violation) => violation.includes('started again after it had ended'))) return [];
  return [`an injected second run of job ${job.jobId} was missed`];
}

/** Prompts for which the model of rules plans so many steps. */
const prompts = [
  { prompt: 'Run `sleep 0.3` and then `echo done`', steps: 2 },
  { prompt: 'What is 17 * 23?', steps: 1 },
  { prompt: 'Run `sleep 0.2`. What is 2 + 2?', steps: 2 },
] as const;

interface Submission {
  readonly body: object;
  readonly accepted: (taskId: string) => HistoryEvent;
}

/** Raw jobs, with the prompts evenly among them. */
function submissionsOf({ jobs, prompts: count }: ChaosPlan): Submission[] {
  const raw = Array.from({ length: jobs }, (_none, index): Submission & { at: number } => ({
    at: index / jobs,
    body: { input_mode: 'commands', commands: [`sleep ${(index % 5) / 5}`] },
    accepted: (taskId) => ({ at: Date.now(), what: 'submitted', taskId }),
  }));
  const asked = Array.from({ length: count }, (_none, index): Submission & { at: number } => {
    const { prompt, steps } = prompts[index % prompts.length] ?? prompts[0];
    return {
      at: index / count,
      body: { prompt },
      accepted: (taskId) => ({ at: Date.now(), what: 'asked', taskId, steps }),
    };
  });
  return [...raw, ...asked].toSorted((one, other) => one.at - other.at);
}

async function submitAll(cluster: Cluster, recorder: Recorder, plan: ChaosPlan): Promise<void> {
  const tokens = new Map<string, string>();
  const one = async ({ body, accepted }: Submission, index: number): Promise<void> => {
    const key = randomUUID();
    const taskId = await waitFor(
      async () => {
        const gateway = cluster.gateways[Math.floor(Math.random() * cluster.gateways.length)] ?? '';
        return submit(cluster, tokens, gateway, { key, body }).catch(() => undefined);
      },
      { what: `task ${index} is accepted`, within: 600_000 },
    );
    recorder.add(accepted(taskId));
  };
  const waiting = submissionsOf(plan).entries();
  const lane = async (): Promise<void> => {
    for (const [index, submission] of waiting) await one(submission, index);
  };
  await Promise.all(Array.from({ length: 50 }, lane));
}

async function submit(
  cluster: Cluster,
  tokens: Map<string, string>,
  gateway: string,
  { key, body }: { readonly key: string; readonly body: object },
): Promise<string | undefined> {
  const token = tokens.get(gateway) ?? (await cluster.login(gateway));
  tokens.set(gateway, token);
  const response = await fetch(`${gateway}/v1/tasks`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'idempotency-key': key,
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  if (response.status === 401) tokens.delete(gateway);
  if (response.status !== 201) return undefined;
  const created = (await response.json()) as { task_id: string };
  return created.task_id;
}

async function breakThings(
  cluster: Cluster,
  recorder: Recorder,
  random: Random,
  faults: number,
  say: (line: string) => void,
): Promise<void> {
  for (let number = 1; number <= faults; number += 1) {
    await delay(random.between(200, 1500));
    const names = [...cluster.roles.map((role) => role.name), 'postgres'];
    // Every fourth hits two at once.
    const targets = new Set([
      random.pick(names),
      ...(number % 4 === 0 ? [random.pick(names)] : []),
    ]);
    const action = random.next() < 0.6 ? 'kill' : 'freeze';
    const freezeMs = random.between(500, 9000);
    if (number % 10 === 0)
      say(`fault ${number} of ${faults}: ${action} ${[...targets].join(', ')}`);
    await Promise.all(
      [...targets].map(async (target) => {
        recorder.add({ at: Date.now(), what: 'fault', role: target, action });
        await hit(cluster, target, action, freezeMs);
        recorder.add({ at: Date.now(), what: 'back', role: target });
      }),
    );
  }
}

async function hit(
  cluster: Cluster,
  target: string,
  action: 'kill' | 'freeze',
  freezeMs: number,
): Promise<void> {
  const role = cluster.roles.find((candidate) => candidate.name === target);
  if (role !== undefined) {
    await waitFor(() => role.alive, { what: `${target} is up` });
    if (action === 'kill') role.kill();
    else await role.freeze(freezeMs);
    return;
  }
  const pid = cluster.postgresPid;
  if (action === 'kill') {
    process.kill(pid, 'SIGKILL');
    await waitFor(
      () =>
        cluster.startPostgres().then(
          () => true,
          () => false,
        ),
      { what: 'PostgreSQL is back', within: 60_000 },
    );
  } else {
    process.kill(pid, 'SIGSTOP');
    await delay(freezeMs);
    process.kill(pid, 'SIGCONT');
  }
}

/** Waits until no task is open; returns how many still are when an hour has passed without an end. */
async function settle(cluster: Cluster, say: (line: string) => void): Promise<number> {
  let open = -1;
  let changedAt = elapsedMs();
  for (;;) {
    const [row] = await cluster
      .query<{ open: string }>(
        `select (select count(*) from jobs where status in ('queued','running','lease_expired'))
              + (select count(*) from tasks where not closed) as open`,
      )
      .catch(() => []);
    const now = row === undefined ? open : Number(row.open);
    if (now === 0) return 0;
    if (now !== open) changedAt = elapsedMs();
    if (now !== open && now % 50 === 0) say(`${now} jobs and tasks are open`);
    open = now;
    if (elapsedMs() - changedAt > 180_000) return open;
    await delay(500);
  }
}

async function recordEnds(cluster: Cluster, recorder: Recorder): Promise<void> {
  const rows = await cluster.query<{
    task_id: string;
    id: string;
    status: string;
    attempt: number;
    free_attempts: number;
    ended_at: Date;
    kind: string;
    result: { exit_code?: number; stderr?: string } | null;
  }>(
    `select task_id, id, status, attempt, ended_at, result, payload ->> 'kind' as kind,
       coalesce((payload -> 'dispatch' ->> 'free_attempts')::int, 0) as free_attempts
     from jobs`,
  );
  for (const row of rows) {
    recorder.add({
      at: row.ended_at.getTime(),
      what: 'job_final',
      taskId: row.task_id,
      jobId: row.id,
      status: row.status,
      attempt: row.attempt,
      freeAttempts: row.free_attempts,
      isAnswer: row.kind === 'inference',
      ...(row.status !== 'completed' && {
        reason: `exit code ${row.result?.exit_code ?? 'none'}: ${(row.result?.stderr ?? '').slice(0, 500)}`,
      }),
    });
  }
}

async function recordTasks(cluster: Cluster, recorder: Recorder): Promise<void> {
  const rows = await cluster.query<{
    id: string;
    status: string;
    ended_at: Date;
    jobs: number;
    passed: number;
    summary: string | null;
  }>(
    `select id, status, ended_at, summary,
       (select count(*)::int from jobs j where j.task_id = t.id) as jobs,
       (select count(*)::int from task_verifications v where v.task_id = t.id and v.status = 'pass') as passed
     from tasks t where metadata ? 'workflow' and closed`,
  );
  for (const { id: taskId, ended_at: at, status, jobs, passed, summary } of rows) {
    const told = (summary ?? '').slice(0, 500);
    const end = { taskId, status, jobs, passed, summary: told };
    recorder.add({ at: at.getTime(), what: 'task_final', ...end });
  }
}
