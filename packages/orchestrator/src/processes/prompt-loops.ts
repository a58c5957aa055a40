import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { elapsedMs, systemClock } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { promptLanes } from '../adapters/models/ollama-client.ts';
import { postgresPromptClaims } from '../adapters/postgres/jobs/prompt-claims.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { Ticker } from '../app/loops/ticker.ts';
import type { JobCompleter } from '../app/jobs/job-completer.ts';
import type { LiveTeller } from '../app/jobs/live-teller.ts';
import { HeldLeases } from '../app/leases/held-leases.ts';
import type { AskModelDeps } from '../app/models/ask-model.ts';
import { PromptDispatcher } from '../app/prompts/prompt-dispatcher.ts';
import type { BlobOpener } from '../ports/blobs.ts';
import type { Leases } from '../ports/leases.ts';
import type { ClaimedPrompt } from '../ports/prompts.ts';
import type { TaskInput } from '../ports/task-input.ts';
import type { ControlPlaneConfig } from './control-plane-config.ts';

/** Model calls of one control plane at once: no more than its connections. */
const maxCalls = promptLanes.prompts;

export interface PromptLoopsParts {
  readonly db: Kysely<Database>;
  readonly leases: Leases;
  readonly input: TaskInput;
  readonly completer: JobCompleter;
  readonly teller: LiveTeller;
  readonly model: AskModelDeps;
  readonly blobs: BlobOpener;
}

export interface PromptLoops {
  start(): void;
  /** Looks for prompts and cancels soon. */
  wake(): void;
  leaseIds(): readonly string[];
  /** No claims from now on; resolves when none is under way. */
  close(): Promise<void>;
  /** Waits up to `limitMs` for answers under way, then gives the rest back. */
  drain(limitMs: number, hurry?: AbortSignal): Promise<void>;
}

/**
 * The loops that claim prompts and look after model calls. See docs/reference/inference.md#prompts.
 */
export function promptLoops(
  config: ControlPlaneConfig,
  scope: ProcessScope,
  parts: PromptLoopsParts,
): PromptLoops {
  const log = scope.log.child({ module: 'prompts' });
  const stop = new AbortController();
  const pollMs = config.DISPATCH_POLL_INTERVAL;
  const asking = new Ticker({ name: 'dispatch of prompts', pollMs, log, sleep });
  const caring = new Ticker({ name: 'care of prompts', pollMs, log, sleep });
  const { leases } = parts;
  const held = new HeldLeases<ClaimedPrompt>({
    what: 'prompt',
    idField: 'job_id',
    idOf: (prompt) => prompt.jobId,
    renew: (prompts) => leases.renew(prompts),
    canceledAmong: (jobIds) => leases.canceledAmong(jobIds),
    // A model call lives as long as this process waits for it.
    aliveBy: 'holder',
    whenCanceled: 'let_go',
    log,
    sleep,
    monotonicMs: elapsedMs,
    onFree: () => asking.wake(),
  });
  const dispatcher = new PromptDispatcher({
    ...parts,
    held,
    prompts: postgresPromptClaims(parts.db, {
      firstWordMs: config.INFERENCE_TIMEOUT_SECONDS * 1000,
    }),
    maxCalls,
    log,
    sleep,
    clock: systemClock,
    monotonicMs: elapsedMs,
    onDue: (ms) => asking.wakeWhenDue(ms, stop.signal),
  });
  const loops: Promise<void>[] = [];
  return {
    start: () => {
      loops.push(
        asking.run(() => dispatcher.dispatch(), stop.signal),
        caring.run(() => held.findCanceled(), stop.signal),
      );
      held.start();
    },
    wake: () => {
      asking.wake();
      caring.wake();
    },
    leaseIds: () => held.leaseIds,
    close: async () => {
      held.close();
      stop.abort();
      await Promise.all(loops);
    },
    drain: (limitMs, hurry) => dispatcher.drain(limitMs, hurry),
  };
}
