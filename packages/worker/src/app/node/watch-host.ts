import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { ReadinessCondition } from '../../domain/readiness/readiness.ts';
import type { Timer } from '../../ports/timer.ts';
import type { SandboxHost } from '../../ports/worker-api.ts';
import type { NodeReadiness } from './node-readiness.ts';

export interface WatchHostDeps {
  readonly host: SandboxHost;
  readonly sandboxEnabled: boolean;
  readonly readiness: NodeReadiness;
  /** Removes what nobody waits for any more. */
  readonly sweep: () => Promise<void>;
  readonly timer: Timer;
  readonly log: Log;
  /** Pause between two rounds, ms. */
  readonly intervalMs: number;
}

async function watch(
  deps: WatchHostDeps,
  condition: ReadinessCondition,
  check: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const before = deps.readiness.holds(condition);
  let reason: string | undefined;
  try {
    await check();
  } catch (error) {
    reason = messageOf(error);
  }
  // A check that shutdown cut short says nothing about the host.
  if (signal.aborted) return;
  deps.readiness.set(condition, reason === undefined);
  if (before && reason !== undefined) {
    deps.log.error('node is not ready any more', { condition, reason });
  } else if (!before && reason === undefined) {
    deps.log.info('condition holds again', { condition });
  }
}

/**
 * Sweeps the host, and repeats the runtime and mount root checks until the signal fires, so that a dead host turns
 * readiness off and on again. See docs/reference/nodes.md#readiness-of-a-node.
 */
export async function watchHost(deps: WatchHostDeps, signal: AbortSignal): Promise<void> {
  for (;;) {
    await deps.timer.sleep(deps.intervalMs, signal);
    if (signal.aborted) return;
    await deps.sweep();
    await watch(deps, 'runtime', () => deps.host.engine.check(signal), signal);
    if (deps.sandboxEnabled) {
      await watch(deps, 'mountRoot', () => deps.host.workspace.check(), signal);
    }
  }
}
