import { WorkerError } from '../../../domain/errors.ts';
import { lookAtCeiling, type NodeBounds, removeControlGroup } from '../shared/control-group.ts';
import type { EngineTool } from '../shared/engine-tool.ts';
import type { EngineCommand } from './client.ts';
import { removeContainers } from './containers.ts';
import { findPublishing } from './find-publishing.ts';
import { hasImage, importImage, listImages, removeImage, tagImage } from './images.ts';
import { type EngineSource, type UsableEngine, engineExists, openEngine } from './open-engine.ts';
import { engineFacts, groupPlace } from './podman-engine.ts';
import { removeAllContainers, resetEngine } from './reset-engine.ts';
import { stopKeeper } from './user-namespace.ts';

/** The private Podman of a node. */
export function podmanTool(source: EngineSource & NodeBounds): EngineTool {
  const usableEngine = async (): Promise<UsableEngine> => {
    const engine = await openEngine(source);
    if (engine.usable !== undefined) return engine.usable;
    const lines = engine.problems.map(({ message, fix }) => `${message}; ${fix}`);
    throw new WorkerError('engine_unusable', lines.join('\n'));
  };
  const usable = async (): Promise<EngineCommand> => (await usableEngine()).command;
  return {
    probe: async () => {
      const { usable, problems } = await openEngine(source);
      if (usable === undefined) return { problems };
      const { profile, command } = usable;
      const ceiling = await lookAtCeiling(await groupPlace(source, profile), source.ceiling);
      const publishing = await findPublishing(profile);
      const facts = engineFacts(profile, ceiling);
      const found = { facts, flags: command.flags, problems };
      return 'obstacle' in publishing ? { ...found, publishObstacle: publishing.obstacle } : found;
    },

    hasImage: async (ref) => hasImage(await usable(), ref),

    importImage: async (archive, ref, options) =>
      importImage(await usable(), archive, ref, options),

    tagImage: async (ref, name) => tagImage(await usable(), ref, name),

    listImages: async (beginning) => listImages(await usable(), beginning),

    removeImage: async (ref) => removeImage(await usable(), ref),

    invocation: async () => {
      const command = await usable();
      return [command.program, ...command.flags];
    },

    clean: async (nodeSlug) => {
      if (!(await engineExists(source))) return [];
      const { command, profile } = await usableEngine();
      if (nodeSlug !== undefined) return removeContainers(command, nodeSlug);
      await removeAllContainers(command);
      if (profile.rootless) await stopKeeper(command);
      await removeControlGroup(source.stateDir);
      return [];
    },

    reset: async () => {
      if (await engineExists(source)) await resetEngine(await openEngine(source));
    },
  };
}
