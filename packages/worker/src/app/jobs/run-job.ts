import type { RunJobResult } from '@cynodeai/contracts/common';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, messageOf } from '@cynodeai/runtime/std';
import { WorkerError } from '../../domain/errors.ts';
import { sandboxEnvironment } from '../../domain/sandbox/environment.ts';
import { sandboxLayout } from '../../domain/sandbox/layout.ts';
import { sandboxLabels } from '../../domain/sandbox/naming.ts';
import type { DiskEnd } from '../../domain/disk/judge.ts';
import type { ArtifactKeeper, CollectedArtifacts } from '../../ports/artifacts.ts';
import type { InferenceRelay } from '../../ports/relay.ts';
import type {
  SandboxEngine,
  SandboxExit,
  SandboxNetwork,
  SandboxRunSpec,
  SandboxSinks,
} from '../../ports/sandbox-engine.ts';
import type { Timer } from '../../ports/timer.ts';
import type { JobWorkspace, WorkspaceStore } from '../../ports/workspace.ts';
import type { DiskGuard } from '../disk/disk-guard.ts';
import type { Watch } from '../disk/watched-job.ts';
import type { AdmittedJob } from './admit-job.ts';
import { chooseImage } from './choose-image.ts';
import { jobResult } from './job-result.ts';
import { type ContainerOutcome, runContainer, unrun } from './run-container.ts';

export interface RunJobDeps {
  readonly engine: SandboxEngine;
  readonly workspace: WorkspaceStore;
  readonly artifacts: Pick<ArtifactKeeper, 'collect'>;
  readonly relay: InferenceRelay;
  /** The model a job with inference is told; undefined while there is none that completes text. */
  readonly model: () => string | undefined;
  readonly disk: Pick<DiskGuard, 'admit' | 'watch' | 'makeRoom'>;
  /** `/tmp` of a job, MiB. */
  readonly temporaryMb: number;
  readonly nodeSlug: string;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly log: Log;
}

/** A run in progress, as the service sees it. */
export interface JobRun {
  readonly request: RunJobRequest;
  readonly admitted: AdmittedJob;
  /** Name of the container. */
  readonly name: string;
  /** Fires when the job must end before its container was asked for. */
  readonly signal: AbortSignal;
  /** From now on the engine knows the run and `engine.stop` reaches it. */
  readonly onContainer: () => void;
  /** Gets the watch over its disks, to be closed once its files are gone. */
  readonly onWatch: (watch: Pick<Watch, 'close'>) => void;
  /** Gets what the job writes while it runs. */
  readonly heard: SandboxSinks['heard'];
}

/** What a run has before its container. */
interface RunPlace {
  readonly dirs: JobWorkspace;
  /** Full image reference. */
  readonly image: string;
}

function runSpec(
  deps: RunJobDeps,
  run: JobRun,
  { dirs, image }: RunPlace,
  network: SandboxNetwork | undefined,
): SandboxRunSpec {
  const { request } = run;
  const { user } = dirs;
  const { env, dropped } = sandboxEnvironment(
    request.task_id,
    request.job_id,
    request.sandbox.env ?? {},
    network && { model: deps.model() },
  );
  if (dropped.length > 0) {
    deps.log.warn('reserved environment names of a job were ignored', {
      job_id: request.job_id,
      names: dropped,
    });
  }
  return {
    name: run.name,
    image,
    command: request.sandbox.command,
    env,
    labels: sandboxLabels(deps.nodeSlug, request.task_id, request.job_id),
    mounts: [
      { hostPath: dirs.workspaceDir, containerPath: sandboxLayout.workspaceDir, readOnly: false },
      { hostPath: dirs.jobDir, containerPath: sandboxLayout.jobDir, readOnly: false },
      ...(user === undefined
        ? []
        : [{ hostPath: user.passwdFile, containerPath: '/etc/passwd', readOnly: true }]),
    ],
    workdir: sandboxLayout.workspaceDir,
    timeoutSeconds: run.admitted.timeoutSeconds,
    temporaryMb: deps.temporaryMb,
    ...(user !== undefined && { user: { uid: user.uid, gid: user.gid } }),
    ...(network !== undefined && { network }),
  };
}

/**
 * A network of its own for a job with inference; the job never runs without it.
 * See docs/reference/sandbox.md#inference-inside.
 */
async function openNetwork(deps: RunJobDeps, run: JobRun): Promise<SandboxNetwork | undefined> {
  const { task_id: taskId, job_id: jobId, sandbox } = run.request;
  if (sandbox.use_inference !== true) return undefined;
  const owner = {
    jobId,
    labels: sandboxLabels(deps.nodeSlug, taskId, jobId, 'inference-proxy'),
    timeoutSeconds: run.admitted.timeoutSeconds,
  };
  try {
    return await deps.engine.openNetwork(owner, deps.relay.serve, run.signal);
  } catch (error) {
    const cause = error instanceof WorkerError ? (error.cause ?? error) : error;
    if (!run.signal.aborted) {
      deps.log.error('a sandbox has no way to the model', {
        job_id: jobId,
        error: messageOf(cause),
      });
    }
    throw error;
  }
}

interface Ran extends ContainerOutcome {
  /** Why it was ended on behalf of the disk. */
  readonly diskEnd?: DiskEnd | undefined;
  /** Files that it left; absent where no container was. */
  readonly left?: CollectedArtifacts;
}

/** Runs the container under the watch of the disk, which may end it. */
async function runWatched(deps: RunJobDeps, run: JobRun, spec: SandboxRunSpec): Promise<Ran> {
  const { engine, disk } = deps;
  // An end between two tries of a start finds no container.
  const ending = new AbortController();
  const watch = await disk.watch({
    jobId: run.request.job_id,
    folders: spec.mounts.filter(({ readOnly }) => !readOnly).map(({ hostPath }) => hostPath),
    layersDir: engine.layersDir,
    trace: (limitMs) => engine.traceOf(run.name, limitMs),
    end: () => {
      ending.abort();
      void engine.stop(run.name, 0).catch(() => {});
    },
  });
  run.onWatch(watch);
  try {
    run.signal.throwIfAborted();
    // From here to the engine nothing is waited for: a stop finds the one or the other.
    run.onContainer();
    const signal = AbortSignal.any([run.signal, ending.signal]);
    const outcome = await runContainer(deps, spec, signal, run.heard);
    // One that ended by itself in that moment has its own end.
    return outcome.exit.kind === 'stopped' ? { ...outcome, diskEnd: watch.ended } : outcome;
  } finally {
    watch.over();
  }
}

async function runIn(deps: RunJobDeps, run: JobRun, place: RunPlace): Promise<Ran> {
  const network = await openNetwork(deps, run);
  try {
    return await runWatched(deps, run, runSpec(deps, run, place, network));
  } finally {
    await network?.close();
  }
}

async function runSandbox(deps: RunJobDeps, run: JobRun): Promise<Ran> {
  const image = await chooseImage(deps.engine, run.admitted, run.signal);
  await deps.disk.admit();
  const files = run.request.sandbox.input_files ?? [];
  const dirs = await deps.workspace.create(run.request.job_id, files);
  const ran = await runIn(deps, run, { dirs, image });
  // Who filled the disk is not helped to keep it filled.
  if (ran.diskEnd !== undefined) return ran;
  const left = await deps.artifacts.collect(run.request.job_id, dirs.jobDir);
  return { ...ran, left };
}

/** An end without a container. */
function early(deps: RunJobDeps, run: JobRun, error: unknown): SandboxExit {
  const now = deps.clock.now();
  if (run.signal.aborted) {
    return { kind: 'stopped', exitCode: undefined, startedAt: now, endedAt: now };
  }
  if (!(error instanceof WorkerError) || error.code !== 'image_unavailable') throw error;
  return {
    kind: 'not_started',
    exitCode: 125,
    reason: error.message,
    errorType: error.code,
    startedAt: now,
    endedAt: now,
  };
}

const none: CollectedArtifacts = { artifacts: [], omitted: 0 };

export interface JobEnd {
  readonly result: RunJobResult;
  /** Whether it was ended from outside instead of by itself or its time limit. */
  readonly stopped: boolean;
  /** Whether it was ended on behalf of the disk. */
  readonly endedForDisk: boolean;
}

/**
 * Runs an admitted job: image, directories, container. Faults of the job are results, faults of the
 * node are thrown. See docs/reference/worker-api.md.
 */
export async function runJob(deps: RunJobDeps, run: JobRun): Promise<JobEnd> {
  const {
    exit,
    diskEnd,
    left = none,
    ...output
  } = await runSandbox(deps, run).catch((error: unknown): Ran => unrun(early(deps, run, error)));
  return {
    result: jobResult(run.request, exit, output, { diskEnd, left }),
    stopped: exit.kind === 'stopped' && diskEnd === undefined,
    endedForDisk: diskEnd !== undefined,
  };
}
