import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import type { Kysely } from 'kysely';
import { FileBlobs } from '../adapters/blobs/file-blobs.ts';
import { WorkerClient } from '../adapters/nodes/worker-client.ts';
import { postgresJobQueue } from '../adapters/postgres/jobs/job-queue.ts';
import { postgresNodeHeartbeats } from '../adapters/postgres/nodes/mark-silent-nodes.ts';
import { type NotificationListener, channels } from '../adapters/postgres/notifications.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { Dispatcher } from '../app/dispatch/dispatcher.ts';
import { NodeOutbox } from '../app/dispatch/node-outbox.ts';
import { Ticker } from '../app/dispatch/ticker.ts';
import { JobCompleter } from '../app/jobs/job-completer.ts';
import { deactivateSilentNodes } from '../app/nodes/deactivate-silent-nodes.ts';
import type { NodeTokenVault } from '../ports/node-secrets.ts';
import type { ControlPlaneConfig } from './control-plane-config.ts';
import { promptLoops } from './prompt-loops.ts';

/** Longest wait at exit for messages under way, ms. */
const outboxMs = 2000;
/** Room for what is not waiting for jobs: an ordered stop, messages to nodes, closing. */
const stopSlackMs = 35_000;
/** A claim a moment after it is due: the database's clock need not be this process's. */
const dueSlackMs = 10;

/**
 * Starts claiming and looking after jobs. Stops in order: no claims, then (STOP_NODES_ON_EXIT) the nodes, then answers
 * under way for up to `drainMs`, then whatever still runs is handed over. By default jobs outlive the process that
 * sent them: a restart must not end a team's work. Contract 01 section 1.3.
 */
export function startDispatcher(
  db: Kysely<Database>,
  vault: NodeTokenVault,
  config: ControlPlaneConfig,
  listener: NotificationListener,
  scope: ProcessScope,
  drainMs: number,
): void {
  const log = scope.log.child({ module: 'dispatch' });
  const queue = postgresJobQueue(db, vault);
  const worker = new WorkerClient({ log });
  const outbox = new NodeOutbox({ worker, queue, log, sleep });
  const completer = new JobCompleter({ queue, log, sleep });
  const prompts = promptLoops(db, vault, config, scope, { queue, completer });
  const stop = new AbortController();
  const pollMs = config.DISPATCH_POLL_INTERVAL;
  const sending = new Ticker({ name: 'dispatch', pollMs, log, sleep });
  const caring = new Ticker({ name: 'care of running jobs', pollMs, log, sleep });
  const renewing = new Ticker({
    name: 'renewal of leases',
    pollMs: (): number => dispatcher.renewMs,
    log,
    sleep,
  });
  const dispatcher: Dispatcher = new Dispatcher({
    queue,
    worker,
    blobs: new FileBlobs(config.ARTIFACT_STORAGE_DIR),
    completer,
    outbox,
    log,
    sleep,
    monotonicMs: () => performance.now(),
    onSlotFree: () => sending.wake(),
    onShorterLease: () => renewing.wake(),
    onDue: (ms) => void sleep(ms + dueSlackMs, stop.signal).then(() => sending.wake()),
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
  const nodes = postgresNodeHeartbeats(db);
  prompts.start();
  const loops = Promise.all([
    sending.run(async () => {
      await dispatcher.dispatch();
      await dispatcher.retry();
    }, stop.signal),
    caring.run(async () => {
      await dispatcher.stopCanceled();
      await dispatcher.reap();
      await deactivateSilentNodes({ nodes, log });
      await queue.noteWaiting();
    }, stop.signal),
  ]);
  const renewal = new AbortController();
  const renewals = renewing.run(() => dispatcher.renew(), renewal.signal);
  scope.shutdown.add('worker connections', () => worker.close());
  scope.shutdown.add(
    'dispatcher',
    async () => {
      dispatcher.close();
      stop.abort();
      await Promise.all([loops, prompts.close()]);
      if (config.STOP_NODES_ON_EXIT) await dispatcher.stopNodes();
      // Leases are renewed until the last answer is in: waiting must not cost them.
      await Promise.all([dispatcher.drain(drainMs), prompts.drain(drainMs)]);
      renewal.abort();
      await renewals;
      await outbox.close(outboxMs);
    },
    drainMs + stopSlackMs,
  );
}
