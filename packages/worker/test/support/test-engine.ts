import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { type Log, silentLog } from '@cynodeai/runtime/observe';
import { elapsedMs, systemClock } from '@cynodeai/runtime/std';
import { Daemon } from '../../src/adapters/container/docker/daemon.ts';
import { openDockerEngine } from '../../src/adapters/container/docker/docker-engine.ts';
import { importImage as importDockerImage } from '../../src/adapters/container/docker/images.ts';
import { importImage } from '../../src/adapters/container/podman/images.ts';
import { openEngine } from '../../src/adapters/container/podman/open-engine.ts';
import { openPodmanEngine } from '../../src/adapters/container/podman/podman-engine.ts';
import { removeControlGroup } from '../../src/adapters/container/shared/control-group.ts';
import { resetEngine } from '../../src/adapters/container/podman/reset-engine.ts';
import { InferenceForwarder } from '../../src/adapters/relay/inference-forwarder.ts';
import { createInferenceRelay } from '../../src/adapters/relay/inference-relay.ts';
import { memoryFiles } from '../../src/adapters/secrets/memory-files.ts';
import { fileArtifacts } from '../../src/adapters/artifacts/file-artifacts.ts';
import { openJobStore } from '../../src/adapters/sqlite/job-store.ts';
import { createFileWorkspace } from '../../src/adapters/workspace/file-workspace.ts';
import { JobUsers } from '../../src/adapters/workspace/job-users.ts';
import { hostDisks } from '../../src/adapters/disk/disk-gauge.ts';
import { DiskGuard } from '../../src/app/disk/disk-guard.ts';
import type { DiskWish } from '../../src/domain/disk/bounds.ts';
import type { JobLimits } from '../../src/app/jobs/job-limits.ts';
import { createJobService, type JobService } from '../../src/app/jobs/job-service.ts';
import { retentionRule } from '../../src/domain/jobs/retention.ts';
import type { CeilingWish } from '../../src/domain/sandbox/ceiling.ts';
import { sandboxLayout } from '../../src/domain/sandbox/layout.ts';
import type { InferenceService } from '../../src/ports/inference.ts';
import type { SandboxEngine } from '../../src/ports/sandbox-engine.ts';
import type { WorkspaceStore } from '../../src/ports/workspace.ts';
import { type EnginePlace, untilClean } from './leftovers.ts';
import { PrivateDocker } from './private-docker.ts';
import { testImage, testImageArchive } from './test-image.ts';

/** The first of the users of jobs; not that of a node which may run on this machine. */
export const testFirstUid = 1_800_000_000;

export const testLimits: JobLimits = {
  sandboxEnabled: true,
  maxConcurrency: 8,
  defaultTimeoutSeconds: 30,
  maxTimeoutSeconds: 60,
  defaultImage: testImage,
};

export interface TestNode {
  readonly jobs: JobService;
  readonly workspace: WorkspaceStore;
  readonly disk: DiskGuard;
  readonly mountRoot: string;
}

/** A node on an engine. */
export function testNode(
  engine: SandboxEngine,
  stateDir: string,
  slug: string,
  limits: Partial<JobLimits> = {},
  log: Log = silentLog,
  service: Pick<InferenceService, 'upstream'> = { upstream: () => undefined },
  diskWish: Partial<DiskWish> = {},
): TestNode {
  const mountRoot = join(stateDir, 'mounts');
  const workspace = createFileWorkspace({
    mountRoot,
    nodeSlug: slug,
    removeTree: (path) => engine.removeTree(path),
    ...(!engine.facts.rootless && { users: new JobUsers(testFirstUid, sandboxLayout.jobUsers) }),
  });
  const timer = { sleep, elapsedMs, random: Math.random };
  const disk = new DiskGuard({
    gauge: hostDisks,
    reserve: { release: () => {}, restore: async () => true },
    places: [stateDir, ...(engine.layersDir === undefined ? [] : [engine.layersDir])],
    wish: { maxConcurrency: testLimits.maxConcurrency, ...diskWish },
    timer,
    log,
  });
  const jobs = createJobService({
    engine,
    workspace,
    artifacts: fileArtifacts({
      folder: join(stateDir, 'artifacts'),
      nodeSlug: slug,
      openTree: (path) => engine.openTree(path),
      log,
    }),
    secrets: memoryFiles({ stateDir, nodeSlug: slug }),
    disk,
    temporaryMb: 32,
    relay: createInferenceRelay(service, new InferenceForwarder({ service })),
    model: () => 'scripted:latest',
    limits: () => ({ ...testLimits, ...limits }),
    store: openJobStore(join(stateDir, `jobs-${slug}`)),
    retention: retentionRule,
    nodeSlug: slug,
    clock: systemClock,
    timer,
    log,
  });
  return { jobs, workspace, disk, mountRoot };
}

/** A private engine in a folder of its own, with the test image. */
export interface TestEngine extends EnginePlace {
  readonly engine: SandboxEngine;
  /** The engine as another process of the node opens it. */
  readonly reopen: () => Promise<SandboxEngine>;
  /** Arguments that make a node process of its own use this engine. */
  readonly processArguments: readonly string[];
  /** A node on this engine, with its mount root made. */
  node(
    slug: string,
    limits?: Partial<JobLimits>,
    log?: Log,
    service?: Pick<InferenceService, 'upstream'>,
    diskWish?: Partial<DiskWish>,
  ): Promise<TestNode>;
  /** Fails when anything of a job is left, and removes the engine. */
  close(): Promise<void>;
}

type Opened = Omit<TestEngine, 'node' | 'close'>;

function testEngine(opened: Opened, remove: () => Promise<void>): TestEngine {
  return {
    ...opened,
    node: async (slug, ...more) => {
      const node = testNode(opened.engine, opened.stateDir, slug, ...more);
      await node.workspace.check();
      return node;
    },
    close: async () => {
      try {
        await untilClean(opened);
      } finally {
        await remove();
      }
    },
  };
}

/** What all sandboxes of a test may take together, unless it is about that. */
export const testCeiling: CeilingWish = { maxConcurrency: testLimits.maxConcurrency };

/** Opens a private Podman in a fresh folder. */
export async function openTestEngine(
  log: Log = silentLog,
  ceiling: CeilingWish = testCeiling,
): Promise<TestEngine> {
  const base = await mkdtemp(join(tmpdir(), 'cynode-engine-'));
  const source = { stateDir: join(base, 'state'), runDir: join(base, 'run'), ceiling };
  const engine = await openPodmanEngine(source, log);
  const { usable } = await openEngine(source);
  if (usable === undefined) throw new Error('the engine is not usable');
  const { command } = usable;
  await importImage(command, await testImageArchive(), testImage, { env: [], labels: [] });
  const { stateDir, runDir } = source;
  const opened: Opened = {
    kind: 'podman',
    stateDir,
    runDir,
    engine,
    reopen: () => openPodmanEngine(source, log),
    command,
    processArguments: ['podman', stateDir, runDir],
  };
  return testEngine(opened, async () => {
    await resetEngine(await openEngine(source));
    await engine.removeTree(base);
  });
}

/** Opens a private Docker in a fresh folder, with a daemon of its own. */
export async function openDockerTestEngine(
  log: Log = silentLog,
  ceiling: CeilingWish = testCeiling,
): Promise<TestEngine> {
  const docker = await PrivateDocker.start();
  try {
    const stateDir = join(docker.base, 'state');
    const reopen = (): Promise<SandboxEngine> =>
      openDockerEngine({ stateDir, runDir: docker.base, dockerHost: docker.host, ceiling }, log);
    const engine = await reopen();
    const daemon = new Daemon(docker.socketPath);
    await importDockerImage(daemon, await testImageArchive(), testImage);
    daemon.close();
    const opened: Opened = {
      kind: 'docker',
      stateDir,
      runDir: docker.base,
      engine,
      reopen,
      command: {
        program: 'docker',
        flags: [`--host=${docker.host}`],
        env: { PATH: '/usr/bin:/bin', HOME: join(docker.base, 'home') },
      },
      processArguments: ['docker', stateDir, docker.host],
    };
    return testEngine(opened, async () => {
      await docker[Symbol.asyncDispose]();
      await removeControlGroup(stateDir);
    });
  } catch (error) {
    await docker[Symbol.asyncDispose]();
    throw error;
  }
}

const podman = { name: 'podman', open: openTestEngine } as const;
const docker = { name: 'docker', open: openDockerTestEngine } as const;

/** Every engine a node may use; all pass the same suite. A daemon of the second one can be started by root only. */
export const engines = process.getuid?.() === 0 ? [podman, docker] : [podman];
