import { randomBytes } from 'node:crypto';
import process from 'node:process';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { WorkerError } from '../../../domain/errors.ts';
import type { SandboxEngine, SandboxExit } from '../../../ports/sandbox-engine.ts';
import { containerRuns } from '../container-runs.ts';
import { probeArchive, probeCommand, probeImage } from '../podman/probe-image.ts';
import { removeTree } from '../podman/remove-tree.ts';
import { removeJobContainers } from './containers.ts';
import { ContainerRun, type ContainerRunDeps } from './container-run.ts';
import { Daemon } from './daemon.ts';
import { socketPathOf } from './daemon-address.ts';
import { hasImage, importImage, pullImage } from './images.ts';
import { openNetwork } from './open-network.ts';
import { inspectDaemon, prepareHostFiles } from './open-engine.ts';

export interface DockerSource {
  readonly stateDir: string;
  /** DOCKER_HOST. */
  readonly dockerHost?: string | undefined;
}

const probeTimeoutSeconds = 20;

/** Runs the probe image as a job would run; the text is the engine's complaint, empty when it worked. */
async function runProbe(deps: ContainerRunDeps, signal?: AbortSignal): Promise<string> {
  const sink = { write: () => {} };
  const spec = {
    name: `cynode-check-${randomBytes(6).toString('hex')}`,
    image: probeImage,
    command: [probeCommand],
    env: {},
    labels: { 'io.cynodeai.kind': 'check' },
    mounts: [],
    workdir: '/',
    timeoutSeconds: probeTimeoutSeconds,
  };
  const run = new ContainerRun(deps, spec, { stdout: sink, stderr: sink });
  const end = (): void => run.end('stopped', 0);
  if (signal?.aborted === true) end();
  signal?.addEventListener('abort', end, { once: true });
  let exit: SandboxExit;
  try {
    exit = await run.done;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return messageOf(cause ?? error);
  } finally {
    signal?.removeEventListener('abort', end);
  }
  if (exit.kind === 'exited' && exit.exitCode === 0) return '';
  return exit.kind === 'not_started' ? exit.reason : `the probe ended as ${exit.kind}`;
}

async function importProbe(daemon: Daemon): Promise<void> {
  const archive = probeArchive(process.arch);
  if (archive === undefined) {
    throw new WorkerError('engine_unusable', `there is no probe program for ${process.arch}`);
  }
  await importImage(daemon, archive, probeImage);
}

/** Images known to be present, so that a job asks the daemon nothing. */
function imageCache(daemon: Daemon) {
  const present = new Set<string>();
  return {
    ensure: async (ref: string, signal?: AbortSignal): Promise<void> => {
      if (present.has(ref)) return;
      if (!(await hasImage(daemon, ref))) await pullImage(daemon, ref, signal);
      present.add(ref);
    },
    forget: (ref: string): void => void present.delete(ref),
  };
}

function engineOf(deps: ContainerRunDeps, facts: SandboxEngine['facts']): SandboxEngine {
  const { daemon, log } = deps;
  const images = imageCache(daemon);
  return {
    facts,

    check: async (signal) => {
      if (!(await hasImage(daemon, probeImage))) await importProbe(daemon);
      const fault = await runProbe(deps, signal);
      if (fault === '') return;
      const fix = 'see that the Docker daemon can run containers';
      throw new WorkerError('engine_unusable', `${fault}; ${fix}`);
    },

    ensureImage: (ref, signal) => images.ensure(ref, signal),

    openNetwork: (owner, serve, signal) => openNetwork(deps, owner, serve, signal),

    ...containerRuns({
      begin: (spec, sinks) => new ContainerRun(deps, spec, sinks),
      forgetImage: (ref) => images.forget(ref),
      log,
    }),

    removeLeftovers: (nodeSlug) => removeJobContainers(daemon, nodeSlug),

    removeTree: (path) => removeTree(path, undefined),
  };
}

/**
 * Opens the Docker daemon of this machine and finds out what works there.
 * @throws WorkerError `engine_unusable` with the fix
 */
export async function openDockerEngine(source: DockerSource, log: Log): Promise<SandboxEngine> {
  const daemon = new Daemon(socketPathOf(source.dockerHost));
  const hostFiles = await prepareHostFiles(source.stateDir);
  const complaints: string[] = [];
  for (const privateCgroups of [true, false]) {
    const { profile, facts } = await inspectDaemon(daemon, privateCgroups);
    const deps: ContainerRunDeps = { daemon, profile, hostFiles, log };
    if (!(await hasImage(daemon, probeImage))) await importProbe(daemon);
    const fault = await runProbe(deps);
    if (fault === '') return engineOf(deps, facts);
    complaints.push(fault);
  }
  const reasonsGiven = [...new Set(complaints)].join(' | ');
  throw new WorkerError(
    'engine_unusable',
    `the Docker daemon runs no sandbox: ${reasonsGiven}; see its log`,
  );
}
