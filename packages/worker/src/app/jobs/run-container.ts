import { limits } from '@cynodeai/contracts/common';
import type { Log } from '@cynodeai/runtime/observe';
import { backoffMs, type Clock } from '@cynodeai/runtime/std';
import { WorkerError, type WorkerErrorCode } from '../../domain/errors.ts';
import {
  type CollectedOutput,
  createOutputCollector,
} from '../../domain/output/output-collector.ts';
import type {
  AdoptedRunSpec,
  SandboxEngine,
  SandboxExit,
  SandboxRunSpec,
  SandboxSinks,
} from '../../ports/sandbox-engine.ts';
import type { Timer } from '../../ports/timer.ts';

/** What a start may fail for that passes: nothing of the job ran. */
const passing: ReadonlySet<WorkerErrorCode> = new Set(['memory_short', 'start_lost']);

/** Tries of such a start, over about 20 s: who took all memory or all processes is stopped soon. */
const starts = { most: 8, backoff: { firstMs: 200, maxMs: 10_000, jitter: 0.3 } };

export interface RunContainerDeps {
  readonly engine: Pick<SandboxEngine, 'run'>;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Log;
}

/** How a container ended and what it wrote. */
export interface ContainerOutcome {
  readonly exit: SandboxExit;
  readonly stdout: CollectedOutput;
  readonly stderr: CollectedOutput;
}

const silence: CollectedOutput = { text: '', truncated: false };

/** An end before anything ran. */
export function unrun(exit: SandboxExit): ContainerOutcome {
  return { exit, stdout: silence, stderr: silence };
}

/** The outcome of a run that `begin` begins, or goes on with. */
async function outcomeOf(
  begin: (sinks: SandboxSinks) => Promise<SandboxExit>,
  heard: SandboxSinks['heard'],
): Promise<ContainerOutcome> {
  const kept = { headBytes: limits.outputStreamBytes, tailBytes: limits.outputTailBytes };
  const [stdout, stderr] = [createOutputCollector(kept), createOutputCollector(kept)];
  const exit = await begin({ stdout, stderr, ...(heard && { heard }) });
  // What the engine itself says about a container that never ran may name host paths.
  const neverRan =
    exit.kind === 'not_started' || (exit.kind === 'stopped' && exit.neverRan === true);
  if (neverRan) return unrun(exit);
  return { exit, stdout: stdout.finish(), stderr: stderr.finish() };
}

/** Goes on with the container of a job that an earlier process of the node began. @throws what `SandboxEngine.adopt` throws */
export function adoptContainer(
  engine: Pick<SandboxEngine, 'adopt'>,
  spec: AdoptedRunSpec,
  heard?: SandboxSinks['heard'],
): Promise<ContainerOutcome> {
  return outcomeOf((sinks) => engine.adopt(spec, sinks), heard);
}

/**
 * Runs the container of a job; a start that was lost for want of memory or of processes is tried again, because nothing
 * of the job ran. `signal` fires when the job is to end; the container itself is ended by `engine.stop`. `heard` gets what
 * the job writes while it runs.
 * @throws what `SandboxEngine.run` throws; `memory_short` and `start_lost` after the last try
 */
export async function runContainer(
  deps: RunContainerDeps,
  spec: SandboxRunSpec,
  signal: AbortSignal,
  heard?: SandboxSinks['heard'],
): Promise<ContainerOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) {
      const now = deps.clock.now();
      return unrun({ kind: 'stopped', exitCode: undefined, startedAt: now, endedAt: now });
    }
    try {
      return await outcomeOf((sinks) => deps.engine.run(spec, sinks), heard);
    } catch (error) {
      if (!(error instanceof WorkerError && passing.has(error.code))) throw error;
      if (attempt >= starts.most) throw error;
      const { code } = error;
      deps.log.warn('the start of a sandbox was lost', { name: spec.name, attempt, code });
    }
    await deps.timer.sleep(backoffMs(attempt, deps.timer.random(), starts.backoff), signal);
  }
}
