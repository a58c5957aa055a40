import type { ContainerEngine } from '@cynodeai/contracts/common';
import process from 'node:process';
import { readEnv } from '@cynodeai/runtime/config';
import type { Log } from '@cynodeai/runtime/observe';
import { openDockerEngine } from '../adapters/container/docker/docker-engine.ts';
import { openDockerInference } from '../adapters/container/docker/inference-engine.ts';
import { openPodmanInference } from '../adapters/container/podman/inference-engine.ts';
import { openPodmanEngine } from '../adapters/container/podman/podman-engine.ts';
import type { NodeBounds } from '../adapters/container/shared/control-group.ts';
import { createFileWorkspace } from '../adapters/workspace/file-workspace.ts';
import { hostLayerMounts } from '../adapters/workspace/layer-mounts.ts';
import { memoryFiles } from '../adapters/secrets/memory-files.ts';
import { JobUsers } from '../adapters/workspace/job-users.ts';
import type { NodeSettings } from '../domain/node/settings.ts';
import type { CeilingWish } from '../domain/sandbox/ceiling.ts';
import { sandboxLayout } from '../domain/sandbox/layout.ts';
import type { InferenceEngine } from '../ports/inference.ts';
import type { SandboxEngine } from '../ports/sandbox-engine.ts';
import type { SandboxHost } from '../ports/worker-api.ts';

/** How one container engine is opened, for sandboxes and for the inference container. */
interface EngineOpener {
  readonly sandboxes: (settings: NodeSettings, log: Log) => Promise<SandboxEngine>;
  readonly inference: (settings: NodeSettings) => Promise<InferenceEngine>;
}

const runSource = ({ stateDir, runDir, userRuntimeDir }: NodeSettings) => ({
  stateDir,
  runDir,
  xdgRuntimeDir: userRuntimeDir,
});

/** What all sandboxes of the node may take together. See docs/reference/sandbox.md#ceiling. */
const ceilingOf = ({ sandbox: { ceiling, maxConcurrency } }: NodeSettings): CeilingWish => ({
  ...ceiling,
  maxConcurrency,
});

/**
 * Whether this is the main process of a service of systemd, or was started by it, as `cynode up` does: then the group
 * of the service is ours. Whoever else runs below it has inherited the variable, but is neither.
 */
function isService(): boolean {
  const main = Number(readEnv()['SYSTEMD_EXEC_PID']);
  return main === process.pid || main === process.ppid;
}

const boundsOf = (settings: NodeSettings): NodeBounds => ({
  ceiling: ceilingOf(settings),
  isService: isService(),
});

/** The node's private Podman, and the Docker daemon of this machine. */
const openers: Readonly<Record<ContainerEngine, EngineOpener>> = {
  podman: {
    sandboxes: (settings, log) =>
      openPodmanEngine({ ...runSource(settings), ...boundsOf(settings) }, log),
    inference: (settings) => openPodmanInference(runSource(settings)),
  },
  docker: {
    sandboxes: (settings, log) => {
      const { dockerHost } = settings;
      return openDockerEngine({ ...runSource(settings), dockerHost, ...boundsOf(settings) }, log);
    },
    inference: async ({ dockerHost }) => openDockerInference(dockerHost),
  },
};

/** The engine and the node's job directories. @throws WorkerError `engine_unusable`. REQ-WORKER-0103 */
export async function openHost(settings: NodeSettings, log: Log): Promise<SandboxHost> {
  const { slug, sandbox } = settings;
  const opener = openers[sandbox.runtime];
  const engine = await opener.sandboxes(settings, log);
  if (!sandbox.rootless && engine.facts.rootless) {
    log.warn('sandbox.rootless: false has no effect, because the engine runs without root');
  }
  const workspace = createFileWorkspace({
    mountRoot: sandbox.mountRoot,
    nodeSlug: slug,
    removeTree: (path) => engine.removeTree(path),
    // Under a rootless engine every job is the user of the node.
    ...(!engine.facts.rootless && {
      users: new JobUsers(sandbox.firstUid, sandboxLayout.jobUsers),
      // A daemon may live where our mounts are not.
      ...(sandbox.runtime === 'podman' && { mounts: hostLayerMounts }),
    }),
  });
  const { stateDir, userRuntimeDir } = settings;
  const secrets = memoryFiles({ stateDir, nodeSlug: slug, userRuntimeDir });
  if (!secrets.isUsable) {
    log.warn('jobs with secrets cannot run here: no folder in memory; mount a tmpfs at /dev/shm');
  }
  return { engine, workspace, secrets, inference: await opener.inference(settings) };
}
