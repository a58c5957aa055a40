import { within } from '@cynodeai/runtime/lifecycle';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { WorkerError } from '../../../domain/errors.ts';
import type {
  AdoptedRunSpec,
  SandboxEngine,
  SandboxExit,
  SandboxRunSpec,
  SandboxSinks,
} from '../../../ports/sandbox-engine.ts';
import { ContainerRun } from './container-run.ts';
import type { EngineContainer } from './engine-container.ts';
import { reasons } from './exit-reasons.ts';
import type { OomVictims } from './oom-victims.ts';

export interface ContainerRunsOptions {
  /** A container of the engine, not yet created. */
  readonly containerOf: (spec: SandboxRunSpec) => EngineContainer;
  /** One that an earlier process began and that is kept; undefined where there is none. */
  readonly adoptedOf: (spec: AdoptedRunSpec) => Promise<EngineContainer | undefined>;
  /** A run found its image missing. */
  readonly forgetImage: (ref: string) => void;
  /** Whose processes the kernel killed for want of memory; absent where nobody can tell. */
  readonly victims?: Pick<OomVictims, 'killedOf'> | undefined;
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

/** Until its command begins, a sandbox is a process of root. */
const rootUid = 0;

/** What the kernel killed for want of memory while one sandbox was there. */
class Losses {
  readonly #victims: ContainerRunsOptions['victims'];
  readonly #uid: number | undefined;
  readonly #ofUser: number;
  readonly #ofRoot: number;

  constructor(victims: ContainerRunsOptions['victims'], { user }: AdoptedRunSpec) {
    this.#victims = victims;
    this.#uid = user?.uid;
    this.#ofUser = this.#count(this.#uid);
    this.#ofRoot = this.#count(rootUid);
  }

  /** A process of the job. */
  get job(): boolean {
    return this.#count(this.#uid) > this.#ofUser;
  }

  /** Something that may have been on its way to become the job. */
  get start(): boolean {
    return this.job || this.#count(rootUid) > this.#ofRoot;
  }

  #count(uid: number | undefined): number {
    return uid === undefined ? 0 : (this.#victims?.killedOf(uid) ?? 0);
  }
}

const memoryShort = (cause?: unknown): WorkerError =>
  new WorkerError('memory_short', 'memory was wanting when the sandbox was to start', { cause });

/** What a fault of the engine means for a job none of whose processes existed. */
function lostStart(error: WorkerError, memory: boolean): WorkerError {
  if (memory) return memoryShort(error);
  const message = 'the container engine lost the sandbox before its first process was there';
  return error.code === 'start_lost'
    ? error
    : new WorkerError('start_lost', message, { cause: error });
}

/**
 * The end of a run, with the word whether memory was wanting.
 * @throws WorkerError `memory_short` or `start_lost`, whatever the engine made of the loss of a start
 */
async function endOf(run: ContainerRun, signal: AbortSignal | undefined, losses: Losses) {
  const exit = await endOrKill(run, signal).catch((error: unknown) => {
    if (!(error instanceof WorkerError)) throw error;
    const lost = error.code === 'start_lost' || (error.code === 'internal' && !run.begun);
    throw lost ? lostStart(error, losses.start) : error;
  });
  if (exit.kind === 'not_started' && losses.start) throw memoryShort();
  return exit.kind === 'exited' && losses.job ? { ...exit, oomKilled: true } : exit;
}

/** A run of this moment. */
interface Live {
  readonly run: ContainerRun;
  readonly container: EngineContainer;
  /** Settles as the caller of the run sees it. */
  readonly over: Promise<SandboxExit>;
}

/** The containers an engine runs at this moment, by name. */
export function containerRuns(
  options: ContainerRunsOptions,
): Pick<SandboxEngine, 'run' | 'adopt' | 'stop' | 'traceOf'> {
  const { containerOf, adoptedOf, forgetImage, victims, log } = options;
  const runs = new Map<string, Live>();
  const follow = async (
    live: Pick<Live, 'container'> & { readonly spec: AdoptedRunSpec; readonly isAdopted: boolean },
    sinks: SandboxSinks,
    signal: AbortSignal | undefined,
  ): Promise<SandboxExit> => {
    const { container, spec } = live;
    const losses = new Losses(victims, spec);
    const run = new ContainerRun({ ...live, log }, sinks);
    const over = endOf(run, signal, losses).finally(() => runs.delete(spec.name));
    runs.set(spec.name, { run, container, over });
    return over;
  };
  return {
    run: async (spec, sinks, signal) => {
      if (signal?.aborted === true) return neverBegun(new Date());
      const live = { container: containerOf(spec), spec, isAdopted: false };
      const exit = await follow(live, sinks, signal);
      if (exit.kind !== 'not_started' || exit.reason !== reasons.imageMissing) return exit;
      forgetImage(spec.image);
      return { ...exit, errorType: 'image_unavailable' };
    },

    adopt: async (spec, sinks, signal) => {
      const container = await adoptedOf(spec);
      if (container === undefined)
        throw new WorkerError('start_lost', 'nothing is kept of the run');
      // Later ends come through `stop`, which gives it its grace.
      const ended = signal?.aborted === true ? signal : undefined;
      return follow({ container, spec, isAdopted: true }, sinks, ended);
    },

    traceOf: async (name, limitMs) => {
      const trace = runs.get(name)?.container.trace(limitMs) ?? Promise.resolve({});
      return within(limitMs, trace, {});
    },

    stop: async (name, graceSeconds) => {
      const live = runs.get(name);
      if (live === undefined) return;
      live.run.end('stopped', graceSeconds * 1000);
      await live.over.catch((error: unknown) => {
        if (error instanceof WorkerError && error.code === 'container_resists') throw error;
        log.warn('stopped run failed', { container: name, error: messageOf(error) });
      });
    },
  };
}
