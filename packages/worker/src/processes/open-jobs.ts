import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { ProcessScope } from '@cynodeai/runtime/lifecycle';
import type { Log } from '@cynodeai/runtime/observe';
import { type Clock, messageOf } from '@cynodeai/runtime/std';
import { hostDisks } from '../adapters/disk/disk-gauge.ts';
import { fileReserve } from '../adapters/disk/disk-reserve.ts';
import { fileArtifacts } from '../adapters/artifacts/file-artifacts.ts';
import { openJobStore } from '../adapters/sqlite/job-store.ts';
import { DiskGuard } from '../app/disk/disk-guard.ts';
import { dropOldResults } from '../app/jobs/drop-old-results.ts';
import { createJobService, type JobService } from '../app/jobs/job-service.ts';
import { recoverJobs, type RecoverJobsDeps } from '../app/jobs/recover-jobs.ts';
import type { CurrentConfig } from '../app/node/current-config.ts';
import { retentionRule } from '../domain/jobs/retention.ts';
import type { NodeSettings } from '../domain/node/settings.ts';
import { sandboxCeiling } from '../domain/sandbox/ceiling.ts';
import { temporaryMbOf } from '../domain/sandbox/temporary.ts';
import type { ArtifactKeeper } from '../ports/artifacts.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { InferenceRelay } from '../ports/relay.ts';
import type { SandboxEngine } from '../ports/sandbox-engine.ts';
import type { Timer } from '../ports/timer.ts';
import type { SandboxHost } from '../ports/worker-api.ts';
import type { WorkspaceStore } from '../ports/workspace.ts';

export interface OpenJobsParts {
  readonly settings: NodeSettings;
  readonly scope: Pick<ProcessScope, 'signal' | 'shutdown'>;
  readonly log: Log;
  readonly config: CurrentConfig;
  readonly clock: Clock;
  readonly timer: Timer;
  /** The model a job with inference is told. */
  readonly model: () => string | undefined;
}

/** The jobs of a node and the watch over the disk they share. */
export interface OpenedJobs {
  readonly jobs: JobService;
  readonly disk: DiskGuard;
}

/** Does something now and then until the scope ends; what fails is told, and done again the next time. */
async function nowAndThen(
  { scope, log, timer }: OpenJobsParts,
  everyMs: number,
  what: string,
  step: () => Promise<void> | void,
): Promise<void> {
  while (!scope.signal.aborted) {
    try {
      await step();
    } catch (error) {
      log.error(`${what} failed; it is tried again`, { reason: messageOf(error) });
    }
    await timer.sleep(everyMs, scope.signal);
  }
}

/**
 * How long staged input files wait for their job, and how often they are looked through, ms.
 * See docs/reference/worker-api.md#input-files.
 */
const staged = { keepMs: 3_600_000, lookMs: 300_000 } as const;

/** Staged files whose job never came go, also those of an earlier run of the node. */
function watchStaged(parts: OpenJobsParts, workspace: WorkspaceStore): void {
  const { log, clock } = parts;
  void nowAndThen(parts, staged.lookMs, 'the removal of staged files', async () => {
    const before = new Date(clock.now().getTime() - staged.keepMs);
    const jobs = await workspace.removeStaged(before);
    if (jobs.length > 0) log.info('staged files of jobs that never ran were removed', { jobs });
  });
}

/** How often results nobody acknowledged are looked through, ms. */
const retentionMs = 3_600_000;

/** The jobs this node took on; the store ends with the scope. */
async function openStore(parts: OpenJobsParts): Promise<JobStore> {
  const { settings, scope } = parts;
  const store = openJobStore(join(settings.stateDir, 'jobs'));
  scope.shutdown.add('job store', () => store.close());
  return store;
}

/** What earlier runs of the node left is settled, then old results go, once now and every hour. */
async function settleJobs(
  parts: OpenJobsParts,
  {
    store,
    artifacts,
    ...rest
  }: Pick<RecoverJobsDeps, 'store' | 'engine' | 'jobs'> & {
    readonly artifacts: ArtifactKeeper;
  },
): Promise<void> {
  const { log, clock } = parts;
  // First: a job that is gone on with collects anew what a killed process had not told of.
  const strays = await artifacts.removeStrays(
    (jobId) => store.find(jobId)?.result?.artifacts !== undefined,
  );
  // Another node of such a release may share the folder; it too forgets a result at that age.
  const forgotten = await artifacts.removeForgotten(
    new Date(clock.now().getTime() - retentionRule.maxAgeMs),
  );
  const archives = strays + forgotten;
  if (archives > 0) log.info('files of jobs without a result were removed', { archives });
  await recoverJobs({ store, ...rest, clock, log });
  void nowAndThen(parts, retentionMs, 'the removal of old results', () =>
    dropOldResults({ store, artifacts, rule: retentionRule, clock, log }),
  );
}

/** Memory of all sandboxes, MiB; where nothing holds them to it, what would. */
function memoryMb({ facts }: SandboxEngine, maxConcurrency: number): number {
  if (facts.ceiling.kind === 'set') return facts.ceiling.memoryMb;
  const machine = { memoryMb: Math.floor(totalmem() / 1024 ** 2), maxProcesses: 0 };
  return sandboxCeiling(machine, { maxConcurrency }).memoryMb;
}

/** The watch over the disks that workspaces, layers and the state of the node lie on. */
function openDisk({ settings, timer, log }: OpenJobsParts, engine: SandboxEngine): DiskGuard {
  const { stateDir, artifactsDir, sandbox } = settings;
  const { mountRoot, maxConcurrency, diskMb, workspaceMb } = sandbox;
  const { layersDir } = engine;
  return new DiskGuard({
    gauge: hostDisks,
    reserve: fileReserve(stateDir, hostDisks),
    places: [stateDir, artifactsDir, mountRoot, ...(layersDir === undefined ? [] : [layersDir])],
    wish: {
      maxConcurrency,
      workspaceBytes: workspaceMb * 1024 ** 2,
      ...(diskMb !== undefined && { jobMb: diskMb }),
    },
    timer,
    log,
  });
}

/** Opens what a node needs to run jobs; it ends with the scope. @throws when the store cannot be used */
export async function openJobs(
  parts: OpenJobsParts,
  host: SandboxHost,
  relay: InferenceRelay,
): Promise<OpenedJobs> {
  const { settings, config, clock, timer, model, log } = parts;
  const { slug: nodeSlug, sandbox } = settings;
  const { maxConcurrency } = sandbox;
  const disk = openDisk(parts, host.engine);
  await disk.tidy();
  const { secrets } = host;
  await secrets.removeStrays();
  const openTree = (path: string): Promise<void> => host.engine.openTree(path);
  const artifacts = fileArtifacts({ folder: settings.artifactsDir, nodeSlug, openTree, log });
  await artifacts.check();
  const store = await openStore(parts);
  const jobs = createJobService({
    engine: host.engine,
    workspace: host.workspace,
    relay,
    model,
    disk,
    secrets,
    temporaryMb:
      sandbox.temporaryMb ?? temporaryMbOf(memoryMb(host.engine, maxConcurrency), maxConcurrency),
    limits: () => config.policy,
    nodeSlug,
    store,
    artifacts,
    retention: retentionRule,
    clock,
    timer,
    log,
  });
  await settleJobs(parts, { store, artifacts, engine: host.engine, jobs });
  watchStaged(parts, host.workspace);
  return { jobs, disk };
}
