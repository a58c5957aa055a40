import { memoryLog, waitFor } from '@cynodeai/testing';
import { expect, it } from 'vitest';
import type { StoredEnd } from '../../domain/jobs/stored-end.ts';
import type { ClaimedJob } from '../../ports/claims.ts';
import { claimedJob } from '../../../test/support/claimed-job.ts';
import { JobCompleter } from '../jobs/job-completer.ts';
import { LiveTeller } from '../jobs/live-teller.ts';
import { HeldLease } from '../leases/held-lease.ts';
import { NodeOutbox } from './node-outbox.ts';
import { ClaimedJobRun, type RunClaimedJobDeps } from './run-claimed-job.ts';

const job = claimedJob({ leaseId: 'first' });
const next: ClaimedJob = {
  ...job,
  leaseId: 'second',
  node: { ...job.node, nodeId: 'b', slug: 'b' },
};

/** Lets everything go on that waits for nothing but its turn. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
}

/** A job whose node falls silent, that goes on at another node, and both of them talk whenever the test says. */
function world() {
  const log = memoryLog();
  const told: string[] = [];
  const speakers = new Map<string, (text: string) => void>();
  const time = { ms: 0 };
  const sleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
    signal === undefined || signal.aborted ? Promise.resolve() : new Promise(setImmediate);
  const current = { leaseId: 'first' };
  /** What was said is told from then on; before, the database is slow. */
  const telling = Promise.withResolvers<void>();
  const silent = Promise.withResolvers<void>();
  const moved = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const worker: RunClaimedJobDeps['worker'] = {
    runJob: async (node) => {
      if (node.slug === 'a') return { kind: 'lost', message: 'cut' };
      await done.promise;
      return {
        kind: 'refused',
        status: 400,
        refusal: 'invalid',
        problem: undefined,
        detail: 'over',
      };
    },
    stageFile: async () => 'staged',
    stageFolder: async () => 'staged',
    reuseFolder: async () => false,
    listWorkspaces: async () => [],
    removeWorkspace: async () => 'removed',
    getJob: async (node, { taskId, jobId }) => {
      if (node.slug === 'b') {
        const known = { version: 1, task_id: taskId, job_id: jobId } as const;
        return { kind: 'known', job: { ...known, status: 'in_progress' } };
      }
      await silent.promise;
      // Each question takes its time.
      time.ms += 10_000;
      return { kind: 'unreachable', message: 'silent' };
    },
    async *followOutput(node, _job, { signal }) {
      const said: string[] = [];
      speakers.set(node.slug, (text) => said.push(text));
      while (!signal.aborted) {
        for (const text of said.splice(0)) yield { stream: 'stdout', text };
        await new Promise(setImmediate);
      }
      return false;
    },
    async *leftFiles() {
      yield* [];
      return 'nothing was left';
    },
    ackJob: async () => 'done',
    stopJob: async () => {
      // It takes its time, and what is there to be told is told meanwhile.
      telling.resolve();
      await turns();
      return 'stopping';
    },
    stopAll: async () => undefined,
  };
  const ends = {
    complete: async (jobs: readonly { readonly jobId: string }[]) =>
      new Map(jobs.map((one): [string, StoredEnd] => [one.jobId, 'recorded'])),
  };
  const held = new HeldLease(job, 0);
  const unused = () => Promise.reject(new Error('not used'));
  const deps: RunClaimedJobDeps = {
    claims: {
      move: async () => {
        current.leaseId = 'second';
        await moved.promise;
        return next;
      },
    },
    leases: {
      abandon: unused,
      noteAdopted: unused,
      noteBegunAnew: unused,
      noteNodeDeath: unused,
      release: unused,
      requeue: unused,
    },
    nodes: { all: async () => [], deactivate: unused },
    input: { read: unused, artifactRefs: async () => new Map(), folderRef: unused },
    secrets: { read: async () => [] },
    blobs: {
      open: unused,
      read: unused,
      batch: () => ({ write: unused, flush: unused }),
    },
    live: { told: unused },
    worker,
    completer: new JobCompleter({ ends, log, sleep }),
    outbox: new NodeOutbox({ worker, leftJobs: { isWanted: async () => false }, log, sleep }),
    teller: new LiveTeller({
      live: {
        tell: async (news) => {
          const taken = news.filter(({ lease }) => lease.leaseId === current.leaseId);
          told.push(...taken.flatMap(({ pieces }) => pieces.map(({ text }) => text)));
          return new Set(taken.map(({ lease }) => lease.jobId));
        },
      },
      log,
      sleep: () => telling.promise,
    }),
    log,
    sleep,
    monotonicMs: () => time.ms,
    onSilent: () => {},
    onDue: () => {},
    claimOptions: () => ({ extraRunning: new Map(), avoid: new Set() }),
  };
  return { run: new ClaimedJobRun(held, deps), told, speakers, current, silent, moved, done };
}

it.each([
  ['before it is given up', 'first'],
  ['while it is given up', 'second'],
])('what a given-up run says %s is never told as words of the next one', async (_when, leaseId) => {
  const { run, told, speakers, current, silent, moved, done } = world();
  const ended = run.start();
  await waitFor(() => speakers.has('a'));
  if (leaseId === 'first') speakers.get('a')?.('late words');
  await turns();
  silent.resolve();
  await waitFor(() => current.leaseId === 'second');
  if (leaseId === 'second') speakers.get('a')?.('late words');
  await turns();
  moved.resolve();
  await waitFor(() => speakers.has('b'));
  speakers.get('b')?.('new words');
  await waitFor(() => told.length > 0);
  done.resolve();
  await ended;
  expect(told).toEqual(['new words']);
});
