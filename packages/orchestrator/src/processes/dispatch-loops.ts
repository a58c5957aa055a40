import { once } from 'node:events';
import type { Log } from '@cynodeai/runtime/observe';
import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { elapsedMs } from '@cynodeai/runtime/std';
import { type Kysely, sql } from 'kysely';
import { WorkerClient } from '../adapters/nodes/worker-client.ts';
import { postgresClaims } from '../adapters/postgres/jobs/claims.ts';
import { postgresJobEnds } from '../adapters/postgres/jobs/complete-jobs.ts';
import { postgresLeases } from '../adapters/postgres/jobs/leases.ts';
import { postgresLiveOutput } from '../adapters/postgres/jobs/live-output.ts';
import { postgresLeftJobs } from '../adapters/postgres/jobs/left-jobs.ts';
import { postgresTaskInput } from '../adapters/postgres/jobs/task-input.ts';
import { postgresNodeHeartbeats } from '../adapters/postgres/nodes/mark-silent-nodes.ts';
import { readConnection } from '../adapters/postgres/nodes/read-connection.ts';
import { type NotificationListener, channels } from '../adapters/postgres/notifications.ts';
import { postgresJobSecrets } from '../adapters/postgres/secrets/job-secrets.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import type { ContentStore } from '../app/blobs/content-store.ts';
import { Dispatcher } from '../app/dispatch/dispatcher.ts';
import { NodeOutbox } from '../app/dispatch/node-outbox.ts';
import { Ticker } from '../app/loops/ticker.ts';
import { watchStorage } from '../app/loops/watch-storage.ts';
import { JobCompleter } from '../app/jobs/job-completer.ts';
import { LiveTeller } from '../app/jobs/live-teller.ts';
import { HeldLeases } from '../app/leases/held-leases.ts';
import { deactivateSilentNodes } from '../app/nodes/deactivate-silent-nodes.ts';
import type { AskModelDeps } from '../app/models/ask-model.ts';
import type { ClaimedJob } from '../ports/claims.ts';
import type { Leases } from '../ports/leases.ts';
import type { NodeTokenVault } from '../ports/node-secrets.ts';
import type { Nodes } from '../ports/nodes.ts';
import type { SecretVault } from '../ports/secrets.ts';
import type { ControlPlaneConfig } from './control-plane-config.ts';
import type { ControlPlaneHttp } from './control-plane-http.ts';
import { promptLoops } from './prompt-loops.ts';
import { runWorkspaceLoop } from './workspace-loop.ts';

/** Longest wait at exit for messages under way, ms. */
const outboxMs = 2000;
/** Room for what is not waiting for jobs: an ordered stop, messages to nodes, closing. */
const stopSlackMs = 35_000;

export interface DispatchParts {
  readonly db: Kysely<Database>;
  readonly vault: NodeTokenVault;
  readonly nodes: Nodes;
  /** How prompts reach a model. */
  readonly model: AskModelDeps;
  readonly secrets: SecretVault;
  readonly listener: NotificationListener;
  readonly http: ControlPlaneHttp;
  readonly blobs: ContentStore;
  /** How long answers under way are waited for at shutdown, ms. */
  readonly drainMs: number;
}

function heldJobs(leases: Leases, log: Log, onFree: () => void): HeldLeases<ClaimedJob> {
  return new HeldLeases<ClaimedJob>({
    what: 'job',
    idField: 'job_id',
    idOf: (job) => job.jobId,
    renew: (jobs) =>
      leases.renew(jobs.map(({ taskId, jobId, leaseId }) => ({ taskId, jobId, leaseId }))),
    canceledAmong: (jobIds) => leases.canceledAmong(jobIds),
    // Only a node can tell that its run is alive.
    aliveBy: 'heartbeat',
    whenCanceled: 'wait',
    log,
    sleep,
    monotonicMs: elapsedMs,
    onFree,
  });
}

/** Waits for work that is to be stored, with a signal that fires once the database is away. */
async function withHurry(
  db: Kysely<Database>,
  wait: (hurry: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const away = new AbortController();
  const over = new AbortController();
  const watching = watchStorage({
    ping: () => sql`SELECT 1`.execute(db),
    sleep,
    monotonicMs: elapsedMs,
    signal: over.signal,
    onAway: () => away.abort(),
  });
  try {
    await wait(away.signal);
  } finally {
    over.abort();
    await watching;
  }
}

/**
 * Starts claiming and looking after jobs. Stops in order: no claims, then (STOP_NODES_ON_EXIT) the
 * nodes, then answers under way for up to `drainMs`, then whatever still runs is handed over. By
 * default jobs outlive the process that sent them: a restart must not end a team's work.
 * See docs/reference/processes.md#start-and-stop.
 */
export function startDispatcher(
  config: ControlPlaneConfig,
  scope: ProcessScope,
  { db, nodes, model, secrets, listener, http, blobs, vault, drainMs }: DispatchParts,
): void {
  const log = scope.log.child({ module: 'dispatch' });
  const claims = postgresClaims(db, vault);
  const leases = postgresLeases(db);
  const leftJobs = postgresLeftJobs(db);
  const input = postgresTaskInput(db);
  const current = (nodeId: string) => readConnection(db, vault, nodeId);
  const worker = new WorkerClient({ http, log, current });
  const outbox = new NodeOutbox({ worker, leftJobs, log, sleep });
  const completer = new JobCompleter({ ends: postgresJobEnds(db), log, sleep });
  const live = postgresLiveOutput(db);
  const teller = new LiveTeller({ live, log, sleep });
  const shared = { leases, nodes, input, completer, teller };
  const prompts = promptLoops(config, scope, { db, model, blobs, ...shared });
  const stop = new AbortController();
  const pollMs = config.DISPATCH_POLL_INTERVAL;
  const sending = new Ticker({ name: 'dispatch', pollMs, log, sleep });
  const caring = new Ticker({ name: 'care of running jobs', pollMs, log, sleep });
  const held = heldJobs(leases, log, () => sending.wake());
  const dispatcher = new Dispatcher({
    ...shared,
    held,
    secrets: postgresJobSecrets(db, secrets),
    claims,
    leftJobs,
    worker,
    blobs,
    live,
    outbox,
    log,
    sleep,
    monotonicMs: elapsedMs,
    onDue: (ms) => sending.wakeWhenDue(ms, stop.signal),
    otherLeases: () => prompts.leaseIds(),
  });
  const wake = (): void => {
    sending.wake();
    caring.wake();
    prompts.wake();
  };
  listener.on(channels.jobs, wake);
  listener.on(channels.models, () => prompts.wake());
  listener.onReconnect(wake);
  prompts.start();
  held.start();
  const loops = Promise.all([
    runWorkspaceLoop({ db, nodes, worker, log }, listener, stop.signal),
    sending.run(async () => {
      await dispatcher.dispatch();
      await dispatcher.retry();
    }, stop.signal),
    caring.run(async () => {
      await dispatcher.stopCanceled();
      await dispatcher.reap();
      await deactivateSilentNodes({ nodes: postgresNodeHeartbeats(db), log });
      await claims.noteWaiting();
    }, stop.signal),
  ]);
  scope.shutdown.add(
    'dispatcher',
    async () => {
      held.close();
      stop.abort();
      await withHurry(db, async (hurry) => {
        const idle = Promise.all([loops, prompts.close()]);
        const gone = once(hurry, 'abort');
        await Promise.race([idle, gone]);
        if (config.STOP_NODES_ON_EXIT) await Promise.race([dispatcher.stopNodes(), gone]);
        await Promise.all([dispatcher.drain(drainMs, hurry), prompts.drain(drainMs, hurry)]);
      });
      await outbox.close(outboxMs);
    },
    drainMs + stopSlackMs,
  );
}
