import type { Log } from '@cynodeai/runtime/observe';
import { openPodmanEngine } from '../adapters/container/podman/podman-engine.ts';
import { createFileWorkspace } from '../adapters/workspace/file-workspace.ts';
import type { NodeSettings } from '../domain/node/settings.ts';
import { sandboxLayout } from '../domain/sandbox/layout.ts';
import type { SandboxHost } from '../ports/worker-api.ts';

/** Under a rootful engine a job runs as a fixed unprivileged user, who must own its directories. Contract 03 section 6.6. */
const rootfulOwner = { uid: sandboxLayout.rootfulUid, gid: sandboxLayout.rootfulUid };

/** The node's private Podman and its job directories. @throws WorkerError `engine_unusable` */
export async function openPodmanHost(settings: NodeSettings, log: Log): Promise<SandboxHost> {
  const { stateDir, runDir, userRuntimeDir, slug, sandbox } = settings;
  const engine = await openPodmanEngine({ stateDir, runDir, xdgRuntimeDir: userRuntimeDir }, log);
  if (!sandbox.rootless && engine.facts.rootless) {
    log.warn('sandbox.rootless: false has no effect, because the node does not run as root');
  }
  const workspace = createFileWorkspace({
    mountRoot: sandbox.mountRoot,
    nodeSlug: slug,
    removeTree: (path) => engine.removeTree(path),
    ...(!engine.facts.rootless && { owner: rootfulOwner }),
  });
  return { engine, workspace };
}
