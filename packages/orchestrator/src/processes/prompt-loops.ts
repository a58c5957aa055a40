import { inferenceRelayPrefix } from '@cynodeai/contracts/worker-api';
import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { systemClock } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { FileBlobs } from '../adapters/blobs/file-blobs.ts';
import { OllamaClient } from '../adapters/models/ollama-client.ts';
import { postgresPromptQueue } from '../adapters/postgres/jobs/prompt-queue.ts';
import { postgresPmModelReader } from '../adapters/postgres/models/read-pm-model.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { Ticker } from '../app/dispatch/ticker.ts';
import type { JobCompleter } from '../app/jobs/job-completer.ts';
import { PromptDispatcher } from '../app/prompts/prompt-dispatcher.ts';
import type { JobQueue } from '../ports/dispatch.ts';
import type { NodeTokenVault } from '../ports/node-secrets.ts';
import type { ControlPlaneConfig } from './control-plane-config.ts';

/** Model calls of one control plane at once: a model answers a few prompts at a time, and the rest queues here. */
const maxCalls = 4;
/** A claim a moment after it is due: the database's clock need not be this process's. */
const dueSlackMs = 10;

export interface PromptLoops {
  start(): void;
  /** Looks for prompts and cancels soon. */
  wake(): void;
  leaseIds(): readonly string[];
  /** No claims from now on; resolves when none is under way. */
  close(): Promise<void>;
  /** Waits up to `limitMs` for answers under way, then gives the rest back. */
  drain(limitMs: number): Promise<void>;
}

/** The loops that claim prompts and look after model calls. Contract 01 section 4.4. */
export function promptLoops(
  db: Kysely<Database>,
  vault: NodeTokenVault,
  config: ControlPlaneConfig,
  scope: ProcessScope,
  jobs: { readonly queue: JobQueue; readonly completer: JobCompleter },
): PromptLoops {
  const log = scope.log.child({ module: 'prompts' });
  const client = new OllamaClient(maxCalls);
  const stop = new AbortController();
  const pollMs = config.DISPATCH_POLL_INTERVAL;
  const asking = new Ticker({ name: 'dispatch of prompts', pollMs, log, sleep });
  const caring = new Ticker({ name: 'care of prompts', pollMs, log, sleep });
  const renewing = new Ticker({
    name: 'renewal of prompt leases',
    pollMs: (): number => dispatcher.renewMs,
    log,
    sleep,
  });
  const dispatcher: PromptDispatcher = new PromptDispatcher({
    ...jobs,
    blobs: new FileBlobs(config.ARTIFACT_STORAGE_DIR),
    prompts: postgresPromptQueue(db, vault),
    models: postgresPmModelReader(db),
    client,
    directUrl: config.OLLAMA_BASE_URL ?? config.INFERENCE_URL,
    defaultModel: config.INFERENCE_MODEL,
    relayPath: inferenceRelayPrefix,
    timeoutMs: config.INFERENCE_TIMEOUT_SECONDS * 1000,
    maxCalls,
    log,
    sleep,
    clock: systemClock,
    monotonicMs: () => performance.now(),
    onSlotFree: () => asking.wake(),
    onShorterLease: () => renewing.wake(),
    onDue: (ms) => void sleep(ms + dueSlackMs, stop.signal).then(() => asking.wake()),
  });
  const renewal = new AbortController();
  const loops: Promise<void>[] = [];
  const renewals: Promise<void>[] = [];
  return {
    start: () => {
      loops.push(
        asking.run(() => dispatcher.dispatch(), stop.signal),
        caring.run(() => dispatcher.stopCanceled(), stop.signal),
      );
      renewals.push(renewing.run(() => dispatcher.renew(), renewal.signal));
    },
    wake: () => {
      asking.wake();
      caring.wake();
    },
    leaseIds: () => dispatcher.leaseIds,
    close: async () => {
      dispatcher.close();
      stop.abort();
      await Promise.all(loops);
    },
    drain: async (limitMs) => {
      // Leases are renewed until the last answer is in: waiting must not cost them.
      await dispatcher.drain(limitMs);
      renewal.abort();
      await Promise.all(renewals);
      await client.close();
    },
  };
}
