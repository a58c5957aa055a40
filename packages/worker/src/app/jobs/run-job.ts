import type { RunJobResult } from '@cynodeai/contracts/common';
import type { RunJobRequest } from '@cynodeai/contracts/worker-api';
import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, messageOf } from '@cynodeai/runtime/std';
import { WorkerError } from '../../domain/errors.ts';
import { sandboxEnvironment } from '../../domain/sandbox/environment.ts';
import { sandboxLayout } from '../../domain/sandbox/layout.ts';
import { sandboxLabels } from '../../domain/sandbox/naming.ts';
import { type Masker, createMasker } from '../../domain/output/masker.ts';
import type { DiskEnd } from '../../domain/disk/judge.ts';
import type { ArtifactKeeper, CollectedArtifacts } from '../../ports/artifacts.ts';
import type { InferenceRelay } from '../../ports/relay.ts';
import type { SecretFiles } from '../../ports/secret-files.ts';
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
import { endFormerHolder, withKept } from './kept-workspace.ts';
import { requireRoom } from './require-room.ts';
import {
  adoptContainer,
  type ContainerOutcome,
  type Listening,
  runContainer,
  unrun,
} from './run-container.ts';

/**
 * Reason of a job that an earlier process of the node began and nobody kept.
 * See docs/reference/worker-api.md#life-of-a-job-on-its-node.
 */
export const restartedReason = 'node restarted';

export interface RunJobDeps {
  readonly engine: SandboxEngine;
  readonly workspace: WorkspaceStore;
  readonly artifacts: Pick<ArtifactKeeper, 'collect'>;
  readonly secrets: SecretFiles;
  readonly relay: InferenceRelay;
  /** The model a job with inference is told; undefined while there is none that completes text. */
  readonly model: () => string | undefined;
  readonly disk: Pick<DiskGuard, 'admit' | 'watch' | 'makeRoom' | 'sizeOf'>;
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
  /** Whether nobody will ask for the result of a run that was stopped. */
  readonly isDropped: () => boolean;
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
  /** Folder on the host with the secrets of the job. */
  readonly secretsDir: string | undefined;
  readonly masker: Masker | undefined;
}

function runSpec(
  deps: RunJobDeps,
  run: JobRun,
  { dirs, image, secretsDir }: RunPlace,
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
      ...(secretsDir === undefined
        ? []
        : [{ hostPath: secretsDir, containerPath: sandboxLayout.secretsDir, readOnly: true }]),
      ...(user === undefined
        ? []
        : [{ hostPath: user.passwdFile, containerPath: '/etc/passwd', readOnly: true }]),
    ],
    workdir: sandboxLayout.workspaceDir,
    timeoutSeconds: run.admitted.timeoutSeconds,
    temporaryMb: deps.temporaryMb,
    ...(user !== undefined && { user: { uid: user.uid, gid: user.gid } }),
    ...(network !== undefined && { network }),
    ...(secretsDir !== undefined && { isPrivate: true }),
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
  /** What is in its kept workspace. */
  readonly workspaceBytes?: number;
}

/** Runs the container under the watch of the disk, which may end it. */
async function runWatched(
  deps: RunJobDeps,
  run: JobRun,
  dirs: JobWorkspace,
  begin: (signal: AbortSignal) => Promise<ContainerOutcome>,
): Promise<Ran> {
  const { engine, disk } = deps;
  // An end between two tries of a start finds no container.
  const ending = new AbortController();
  const watch = await disk.watch({
    jobId: run.request.job_id,
    folders: dirs.writtenDirs ?? [dirs.workspaceDir, dirs.jobDir],
    ...(dirs.keptId !== undefined && { keptFolder: dirs.workspaceDir }),
    layersDir: engine.layersDir,
    trace: (limitMs) => engine.traceOf(run.name, limitMs),
    end: () => {
      ending.abort();
      void engine.stop(run.name, 0).catch(() => {});
    },
  });
  run.onWatch(watch);
  try {
    // Who ends it from here on is heard by whoever begins it, or finds it with the engine.
    run.onContainer();
    const signal = AbortSignal.any([run.signal, ending.signal]);
    const outcome = await begin(signal);
    // One that ended by itself in that moment has its own end.
    return outcome.exit.kind === 'stopped' ? { ...outcome, diskEnd: watch.ended } : outcome;
  } finally {
    watch.over();
  }
}

/**
 * Runs the container. An image that was removed since it was looked for is looked for once more: nothing of the job ran.
 * @throws as `runContainer` and `chooseImage`
 */
async function runWithImage(
  deps: RunJobDeps,
  { request, admitted }: JobRun,
  spec: SandboxRunSpec,
  signal: AbortSignal,
  listening: Listening,
): Promise<ContainerOutcome> {
  const outcome = await runContainer(deps, spec, signal, listening);
  const { exit } = outcome;
  if (exit.kind !== 'not_started' || exit.errorType !== 'image_unavailable') return outcome;
  deps.log.warn('the image of a job was removed meanwhile', { job_id: request.job_id });
  const image = await chooseImage(deps.engine, admitted, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    // Ended on the way: nothing is begun any more.
    return spec.image;
  });
  return runContainer(deps, { ...spec, image }, signal, listening);
}

async function runIn(deps: RunJobDeps, run: JobRun, place: RunPlace): Promise<Ran> {
  const network = await openNetwork(deps, run);
  try {
    const spec = runSpec(deps, run, place, network);
    const listening = { heard: run.heard, masker: place.masker };
    return await runWatched(deps, run, place.dirs, (signal) =>
      runWithImage(deps, run, spec, signal, listening),
    );
  } finally {
    await network?.close();
  }
}

/** Goes on with a run; a way to the model that cannot be had again costs the model, not the job. */
async function adoptIn(deps: RunJobDeps, run: JobRun, dirs: JobWorkspace): Promise<Ran> {
  const { name, request, admitted } = run;
  const over = new AbortController();
  const network =
    request.sandbox.use_inference === true
      ? rejoinNetwork(deps, run, AbortSignal.any([run.signal, over.signal]))
      : undefined;
  const { timeoutSeconds } = admitted;
  const user = dirs.user && { uid: dirs.user.uid, gid: dirs.user.gid };
  const spec = { name, timeoutSeconds, ...(user && { user }) };
  try {
    return await runWatched(deps, run, dirs, (signal) =>
      adoptContainer(deps.engine, spec, signal, run.heard),
    );
  } finally {
    over.abort();
    await (await network)?.close();
  }
}

/** Tries to serve an adopted sandbox again: what served it before may still be about to end. */
const rejoins = { most: 5, pauseMs: 500 } as const;

async function rejoinNetwork(
  deps: RunJobDeps,
  run: JobRun,
  signal: AbortSignal,
): Promise<SandboxNetwork | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await deps.engine.rejoinNetwork(run.name, deps.relay.serve, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (attempt < rejoins.most) {
        await deps.timer.sleep(rejoins.pauseMs, signal);
        continue;
      }
      const fields = { job_id: run.request.job_id, error: messageOf(error) };
      deps.log.error('a sandbox lost its way to the model when the node came back', fields);
      return undefined;
    }
  }
}

async function runSandbox(deps: RunJobDeps, run: JobRun): Promise<Ran> {
  const image = await chooseImage(deps.engine, run.admitted, run.signal);
  await requireRoom(deps);
  const files = run.request.sandbox.input_files ?? [];
  const { folder, secrets = [], workspace } = run.request.sandbox;
  const kept = workspace && { id: workspace.workspace_id, mustExist: workspace.must_exist };
  if (kept !== undefined) await endFormerHolder(deps, kept.id);
  const dirs = await deps.workspace.create(run.request.job_id, files, folder, kept);
  const masker = createMasker(secrets.map(({ value }) => value));
  const ran = await withSecrets(deps, run, dirs, (secretsDir) =>
    runIn(deps, run, { dirs, image, secretsDir, masker }),
  );
  return withLeft(deps, run, dirs, await withKept(deps, dirs, ran), masker);
}

/** @throws WorkerError `start_lost` where nothing of the run is there any more */
async function adoptSandbox(deps: RunJobDeps, run: JobRun): Promise<Ran> {
  const dirs = await deps.workspace.find(run.request.job_id);
  if (dirs === undefined) throw new WorkerError('start_lost', 'the folder of the job is gone');
  const ran = await adoptIn(deps, run, dirs);
  return withLeft(deps, run, dirs, await withKept(deps, dirs, ran));
}

/** What ran, with what it left. */
async function withLeft(
  deps: RunJobDeps,
  run: JobRun,
  dirs: JobWorkspace,
  ran: Ran,
  masker?: Masker,
): Promise<Ran> {
  // Who filled the disk is not helped to keep it filled.
  if (ran.diskEnd !== undefined || (ran.exit.kind === 'stopped' && run.isDropped())) return ran;
  const left = await deps.artifacts.collect(run.request.job_id, dirs.jobDir, masker);
  return { ...ran, left };
}

/** Does something while the secrets of a job are there as files. */
async function withSecrets<T>(
  { secrets }: Pick<RunJobDeps, 'secrets'>,
  { request: { job_id: jobId, sandbox } }: JobRun,
  { user }: JobWorkspace,
  work: (secretsDir: string | undefined) => Promise<T>,
): Promise<T> {
  if (sandbox.secrets === undefined || sandbox.secrets.length === 0) return work(undefined);
  const secretsDir = await secrets.write(jobId, sandbox.secrets, user);
  try {
    return await work(secretsDir);
  } finally {
    await secrets.remove(jobId);
  }
}

/** An end without a container. */
function early(deps: RunJobDeps, run: JobRun, error: unknown): SandboxExit {
  const now = deps.clock.now();
  if (run.signal.aborted) {
    return { kind: 'stopped', exitCode: undefined, startedAt: now, endedAt: now };
  }
  const isOfJob = (code: string) => code === 'image_unavailable' || code === 'workspace_lost';
  if (!(error instanceof WorkerError) || !isOfJob(error.code)) throw error;
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
  const ran = runSandbox(deps, run);
  return endOf(run, await ran.catch((error: unknown) => unrun(early(deps, run, error))));
}

/**
 * Goes on with a job whose container an earlier process of the node began, and ends like `runJob`.
 * @throws WorkerError `start_lost` where nothing of it is kept
 */
export async function adoptJob(deps: RunJobDeps, run: JobRun): Promise<JobEnd> {
  const ran = adoptSandbox(deps, run).catch((cause: unknown) => {
    const isLost = cause instanceof WorkerError && cause.code === 'start_lost';
    throw isLost ? new WorkerError('start_lost', restartedReason, { cause }) : cause;
  });
  return endOf(run, await ran);
}

function endOf(run: JobRun, ran: Ran): JobEnd {
  const { exit, diskEnd, left = none, workspaceBytes, ...output } = ran;
  return {
    result: jobResult(run.request, exit, output, { diskEnd, left, workspaceBytes }),
    stopped: exit.kind === 'stopped' && diskEnd === undefined,
    endedForDisk: diskEnd !== undefined,
  };
}
