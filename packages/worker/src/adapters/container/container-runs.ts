import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { WorkerError } from '../../domain/errors.ts';
import type {
  SandboxEngine,
  SandboxExit,
  SandboxRunSpec,
  SandboxSinks,
} from '../../ports/sandbox-engine.ts';
import { reasons } from './exit-reasons.ts';

/** One container from the engine call to its removal. */
interface Run {
  /** Resolves when nothing is left of the container. */
  readonly done: Promise<SandboxExit>;
  end(cause: 'stopped', graceMs: number): void;
}

export interface ContainerRunsOptions {
  readonly begin: (spec: SandboxRunSpec, sinks: SandboxSinks) => Run;
  /** A run found its image missing. */
  readonly forgetImage: (ref: string) => void;
  readonly log: Log;
}

/** The containers an engine runs at this moment, by name. */
export function containerRuns(options: ContainerRunsOptions): Pick<SandboxEngine, 'run' | 'stop'> {
  const { begin, forgetImage, log } = options;
  const runs = new Map<string, Run>();
  return {
    run: async (spec, sinks, signal) => {
      const run = begin(spec, sinks);
      runs.set(spec.name, run);
      const kill = (): void => run.end('stopped', 0);
      if (signal?.aborted === true) kill();
      signal?.addEventListener('abort', kill, { once: true });
      try {
        const exit = await run.done;
        const missing = exit.kind === 'not_started' && exit.reason === reasons.imageMissing;
        if (missing) forgetImage(spec.image);
        return exit;
      } finally {
        signal?.removeEventListener('abort', kill);
        runs.delete(spec.name);
      }
    },

    stop: async (name, graceSeconds) => {
      const run = runs.get(name);
      if (run === undefined) return;
      run.end('stopped', graceSeconds * 1000);
      await run.done.catch((error: unknown) => {
        if (error instanceof WorkerError && error.code === 'container_resists') throw error;
        log.warn('stopped run failed', { container: name, error: messageOf(error) });
      });
    },
  };
}
