import type { WorkerError } from '../../../domain/errors.ts';
import type { ContainerTrace, SandboxSinks } from '../../../ports/sandbox-engine.ts';
import type { NotStarted } from './exit-reasons.ts';

/** How a container ended, as its engine tells. */
export type ContainerEnd =
  | {
      readonly kind: 'exited';
      readonly exitCode: number;
      /** How long it lasted, ms, where nobody watched all of it. */
      readonly lastedMs?: number;
    }
  /** `words` are the engine's own, on one line; they may name paths of the host. */
  | (NotStarted & { readonly words: string })
  /** It was not wanted any more before its command began. */
  | { readonly kind: 'not_wanted' }
  /** The engine failed: nothing is known about the command. */
  | { readonly kind: 'fault'; readonly error: WorkerError; readonly words: string };

/** What a container tells its run, and asks of it. */
export interface RunHooks {
  /** Called when the first process exists; again is harmless. */
  readonly started: (at: Date) => void;
  /** False once the run is to end: an engine that can still do so does not start it. */
  readonly wanted: () => boolean;
}

/** One container of one engine: all in which engines differ while it runs. */
export interface EngineContainer {
  /**
   * Creates and starts it, hands its output on, and resolves when it has ended and its output is complete. Whatever
   * goes wrong once something may exist is an end too.
   * @throws WorkerError when nothing was created: `validation`, `internal`
   */
  run(sinks: SandboxSinks, hooks: RunHooks): Promise<ContainerEnd>;
  /** Signals the first process; false when it is gone. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean>;
  /** Where it is found on this host, as far as it can be told within `limitMs`. */
  trace(limitMs: number): Promise<ContainerTrace>;
  /** False when something of it is known to be there still, after it ended. */
  isGone(): Promise<boolean>;
  /** Removes it by force, also when it does not exist. @throws when it is still there */
  remove(): Promise<void>;
  /** Stops waiting for an engine that does not notice that its container is gone: `run` then resolves. */
  release(): void;
  /** Its end is told: what is kept of its output goes, and nobody adopts it. */
  forget(): void;
}
