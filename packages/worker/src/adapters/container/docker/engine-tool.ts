import type { Log } from '@cynodeai/runtime/observe';
import { nodeSlugLabel } from '../../../domain/sandbox/naming.ts';
import { removeControlGroup } from '../shared/control-group.ts';
import { type EngineTool, imageChanges } from '../shared/engine-tool.ts';
import { forceRemove, listContainers } from './containers.ts';
import { Daemon } from './daemon.ts';
import { socketPathOf } from './daemon-address.ts';
import { type DockerSource, openDockerEngine } from './docker-engine.ts';
import { hasImage, importImage, listImages, removeImage, tagImage } from './images.ts';

/** The Docker daemon of this machine, which others use too: only what carries a node's label is ours to remove. */
export function dockerTool(source: DockerSource, log: Log): EngineTool {
  const daemon = new Daemon(socketPathOf(source.dockerHost));
  const flags = ['--host', `unix://${daemon.socketPath}`];
  const clean = async (nodeSlug: string | undefined): Promise<readonly string[]> => {
    if (nodeSlug === undefined) return [];
    const names = await listContainers(daemon, `${nodeSlugLabel}=${nodeSlug}`);
    for (const name of names) await forceRemove(daemon, name);
    await removeControlGroup(source.stateDir);
    return names;
  };
  return {
    probe: async () => {
      const { facts } = await openDockerEngine({ ...source, onlyLook: true }, log);
      return { facts, flags, problems: [] };
    },

    hasImage: (ref) => hasImage(daemon, ref),

    importImage: (archive, ref, options) =>
      importImage(daemon, archive, ref, imageChanges(options)),

    tagImage: (ref, name) => tagImage(daemon, ref, name),

    listImages: (beginning) => listImages(daemon, beginning),

    removeImage: (ref) => removeImage(daemon, ref),

    invocation: async () => ['docker', ...flags],

    clean,

    // Images stay: other nodes of the daemon run their jobs in the same ones.
    reset: async (nodeSlug) => void (await clean(nodeSlug)),
  };
}
