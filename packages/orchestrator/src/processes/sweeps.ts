import type { ProcessScope } from '@cynodeai/runtime/lifecycle';
import { messageOf } from '@cynodeai/runtime/std';

/** Something that is removed once nobody needs it any more. */
export interface Sweep {
  /** What is removed, for the log. */
  readonly what: string;
  readonly everyMs: number;
  /** Removes it and says how much; safe to run in several processes at once. */
  readonly run: () => Promise<number>;
}

/** Runs a sweep now and then, one at a time; a failed one is logged and tried again at the next turn. */
function repeat(sweep: Sweep, scope: ProcessScope): void {
  let running: Promise<void> | undefined;
  const once = async (): Promise<void> => {
    try {
      const removed = await sweep.run();
      if (removed > 0) scope.log.info('swept', { what: sweep.what, removed });
    } catch (error) {
      scope.log.warn('a sweep failed', { what: sweep.what, error: messageOf(error) });
    }
  };
  const timer = setInterval(() => {
    running ??= once().finally(() => (running = undefined));
  }, sweep.everyMs);
  scope.shutdown.add(`stop sweeping ${sweep.what}`, async () => {
    clearInterval(timer);
    await running;
  });
}

/** Starts every sweep; `scope.shutdown` stops them and waits for those that run. */
export function startSweeps(sweeps: readonly Sweep[], scope: ProcessScope): void {
  for (const sweep of sweeps) repeat(sweep, scope);
}
