import { limits } from '@cynodeai/contracts/common';
import type { Log } from '@cynodeai/runtime/observe';
import { backoffMs, type Clock } from '@cynodeai/runtime/std';
import type { Masker } from '../../domain/output/masker.ts';
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
import { type MaskedPlace, maskSinks } from './masked-sinks.ts';

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

/** What becomes of the output on its way. */
export interface Listening {
  /** Gets what the job writes while it runs. */
  readonly heard?: SandboxSinks['heard'];
  /** Takes the secrets of the job out. */
  readonly masker?: Masker | undefined;
}

/** How a container ended and what it wrote. */
export interface ContainerOutcome {
  readonly exit: SandboxExit;
  readonly stdout: CollectedOutput;
  readonly stderr: CollectedOutput;
  /** Streams that secrets were taken out of. */
  readonly masked?: readonly MaskedPlace[];
}

const silence: CollectedOutput = { text: '', truncated: false };

/** An end before anything ran. */
export function unrun(exit: SandboxExit): ContainerOutcome {
  return { exit, stdout: silence, stderr: silence };
}

/** The outcome of a run that `begin` begins, or goes on with. */
async function outcomeOf(
  begin: (sinks: SandboxSinks) => Promise<SandboxExit>,
  { heard, masker }: Listening,
): Promise<ContainerOutcome> {
  const kept = { headBytes: limits.outputStreamBytes, tailBytes: limits.outputTailBytes };
  const [stdout, stderr] = [createOutputCollector(kept), createOutputCollector(kept)];
  const sinks: SandboxSinks = { stdout, stderr, ...(heard && { heard }) };
  const masking = masker && maskSinks(masker, sinks);
  const exit = await begin(masking?.sinks ?? sinks);
  const masked = masking?.finish() ?? [];
  // What the engine itself says about a container that never ran may name host paths.
  const neverRan =
    exit.kind === 'not_started' || (exit.kind === 'stopped' && exit.neverRan === true);
  if (neverRan) return unrun(exit);
  return { exit, stdout: stdout.finish(), stderr: stderr.finish(), masked };
}

/**
 * Goes on with the container of a job that an earlier process of the node began; a signal that fires before it is found
 * ends it without grace, later `engine.stop` does. @throws what `SandboxEngine.adopt` throws
 */
export function adoptContainer(
  engine: Pick<SandboxEngine, 'adopt'>,
  spec: AdoptedRunSpec,
  signal: AbortSignal,
  heard?: SandboxSinks['heard'],
): Promise<ContainerOutcome> {
  return outcomeOf((sinks) => engine.adopt(spec, sinks, signal), { heard });
}

/**
 * Runs the container of a job; a start that was lost for want of memory or of processes is tried again, because nothing
 * of the job ran. `signal` fires when the job is to end; the container itself is ended by `engine.stop`.
 * @throws what `SandboxEngine.run` throws; `memory_short` and `start_lost` after the last try
 */
export async function runContainer(
  deps: RunContainerDeps,
  spec: SandboxRunSpec,
  signal: AbortSignal,
  listening: Listening = {},
): Promise<ContainerOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) {
      const now = deps.clock.now();
      return unrun({ kind: 'stopped', exitCode: undefined, startedAt: now, endedAt: now });
    }
    try {
      return await outcomeOf((sinks) => deps.engine.run(spec, sinks), listening);
    } catch (error) {
      if (!(error instanceof WorkerError && passing.has(error.code))) throw error;
      if (attempt >= starts.most) throw error;
      const { code } = error;
      deps.log.warn('the start of a sandbox was lost', { name: spec.name, attempt, code });
    }
    await deps.timer.sleep(backoffMs(attempt, deps.timer.random(), starts.backoff), signal);
  }
}
