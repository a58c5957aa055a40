import type { Log } from '../observe/log.ts';
import { messageOf } from '../std/index.ts';

interface Step {
  readonly name: string;
  readonly timeoutMs: number;
  readonly run: () => Promise<void> | void;
}

/** What a process must undo before it ends: steps run last in, first out, each within its own limit. */
export class Shutdown {
  readonly #steps: Step[] = [];
  readonly #log: Log;
  #closing: Promise<boolean> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Registers a step; `timeoutMs` is how long it may take before it is left behind, 10 s unless told. */
  add(name: string, run: () => Promise<void> | void, timeoutMs = 10_000): void {
    this.#steps.push({ name, run, timeoutMs });
  }

  /** Runs every step once, also when called again meanwhile; false when one failed or took too long. */
  close(): Promise<boolean> {
    this.#closing ??= this.#runAll();
    return this.#closing;
  }

  async #runAll(): Promise<boolean> {
    let clean = true;
    for (const step of this.#steps.toReversed()) {
      clean = (await this.#runStep(step)) && clean;
    }
    return clean;
  }

  async #runStep(step: Step): Promise<boolean> {
    const { promise: expired, resolve } = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => resolve('late'), step.timeoutMs);
    try {
      if ((await Promise.race([step.run(), expired])) !== 'late') return true;
      this.#log.error('shutdown step took too long', { step: step.name, limit_ms: step.timeoutMs });
    } catch (error) {
      this.#log.error('shutdown step failed', { step: step.name, error: messageOf(error) });
    } finally {
      clearTimeout(timer);
    }
    return false;
  }
}
