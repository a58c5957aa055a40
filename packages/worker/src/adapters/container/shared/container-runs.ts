import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { WorkerError } from '../../../domain/errors.ts';
import type { SandboxEngine, SandboxExit, SandboxRunSpec } from '../../../ports/sandbox-engine.ts';
import { ContainerRun } from './container-run.ts';
import type { EngineContainer } from './engine-container.ts';
import { reasons } from './exit-reasons.ts';
import type { OomVictims } from './oom-victims.ts';

export interface ContainerRunsOptions {
  /** A container of the engine, not yet created. */
  readonly containerOf: (spec: SandboxRunSpec) => EngineContainer;
  /** A run found its image missing. */
  readonly forgetImage: (ref: string) => void;
  /** Whose processes the kernel killed for want of memory; absent where nobody can tell. */
  readonly victims?: Pick<OomVictims, 'forget' | 'has'> | undefined;
  readonly log: Log;
}

/** Resolves with the end of a run, which a fired signal brings about without grace. */
export async function endOrKill(run: ContainerRun, signal?: AbortSignal): Promise<SandboxExit> {
  const kill = (): void => run.end('stopped', 0);
  if (signal?.aborted === true) kill();
  signal?.addEventListener('abort', kill, { once: true });
  try {
    return await run.done;
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

function neverBegun(at: Date): SandboxExit {
  return { kind: 'stopped', exitCode: undefined, startedAt: at, endedAt: at };
}

/** An end by itself, with the word whether memory was wanting. */
function withVictims(
  exit: SandboxExit,
  { user }: SandboxRunSpec,
  victims: ContainerRunsOptions['victims'],
): SandboxExit {
  if (exit.kind !== 'exited' || user === undefined || victims?.has(user.uid) !== true) return exit;
  return { ...exit, oomKilled: true };
}

/** The containers an engine runs at this moment, by name. */
export function containerRuns(options: ContainerRunsOptions): Pick<SandboxEngine, 'run' | 'stop'> {
  const { containerOf, forgetImage, victims, log } = options;
  const runs = new Map<string, ContainerRun>();
  return {
    run: async (spec, sinks, signal) => {
      if (signal?.aborted === true) return neverBegun(new Date());
      const run = new ContainerRun({ container: containerOf(spec), spec, log }, sinks);
      runs.set(spec.name, run);
      if (spec.user !== undefined) victims?.forget(spec.user.uid);
      try {
        const exit = await endOrKill(run, signal);
        const missing = exit.kind === 'not_started' && exit.reason === reasons.imageMissing;
        if (missing) forgetImage(spec.image);
        return withVictims(exit, spec, victims);
      } finally {
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
