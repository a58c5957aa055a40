import type { Log } from '@cynodeai/runtime/observe';
import { openDockerEngine } from '../adapters/container/docker/docker-engine.ts';
import { openDockerInference } from '../adapters/container/docker/inference-engine.ts';
import { openPodmanInference } from '../adapters/container/podman/inference-engine.ts';
import { openPodmanEngine } from '../adapters/container/podman/podman-engine.ts';
import { createFileWorkspace } from '../adapters/workspace/file-workspace.ts';
import type { NodeSettings } from '../domain/node/settings.ts';
import { sandboxLayout } from '../domain/sandbox/layout.ts';
import type { InferenceEngine } from '../ports/inference.ts';
import type { SandboxEngine } from '../ports/sandbox-engine.ts';
import type { SandboxHost } from '../ports/worker-api.ts';

/** Under a rootful engine a job runs as a fixed unprivileged user, who must own its directories. Contract 03 section 6.6. */
const rootfulOwner = { uid: sandboxLayout.rootfulUid, gid: sandboxLayout.rootfulUid };

/** The engine the operator chose: the node's private Podman, or the Docker daemon of this machine. */
async function openEngine(settings: NodeSettings, log: Log): Promise<SandboxEngine> {
  const { stateDir, runDir, userRuntimeDir, dockerHost, sandbox } = settings;
  if (sandbox.runtime === 'docker') return openDockerEngine({ stateDir, dockerHost }, log);
  return openPodmanEngine({ stateDir, runDir, xdgRuntimeDir: userRuntimeDir }, log);
}

/** The same engine as the place of the inference container. */
async function openInferenceEngine(settings: NodeSettings): Promise<InferenceEngine> {
  const { stateDir, runDir, userRuntimeDir, dockerHost, sandbox } = settings;
  if (sandbox.runtime === 'docker') return openDockerInference(dockerHost);
  return openPodmanInference({ stateDir, runDir, xdgRuntimeDir: userRuntimeDir });
}

/** The engine and the node's job directories. @throws WorkerError `engine_unusable`. REQ-WORKER-0103 */
export async function openHost(settings: NodeSettings, log: Log): Promise<SandboxHost> {
  const { slug, sandbox } = settings;
  const engine = await openEngine(settings, log);
  if (!sandbox.rootless && engine.facts.rootless) {
    log.warn('sandbox.rootless: false has no effect, because the engine runs without root');
  }
  const workspace = createFileWorkspace({
    mountRoot: sandbox.mountRoot,
    nodeSlug: slug,
    removeTree: (path) => engine.removeTree(path),
    ...(!engine.facts.rootless && { owner: rootfulOwner }),
  });
  return { engine, workspace, inference: await openInferenceEngine(settings) };
}
