import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '@cynodeai/runtime/process';
import {
  type EngineContext,
  canAskEngine,
  engineInvocation,
  runEngine,
} from '../image/engine-command.ts';
import { hasEngineStorage } from '../image/image-marker.ts';
import { engineEnv } from '../roles/environment.ts';

/**
 * Image of the model service in the node's own container.
 * See docs/reference/inference.md#model-service-of-a-node.
 */
export const ollamaImage = 'docker.io/ollama/ollama:latest';

/** Named volume in which that container keeps its models. */
const modelVolume = 'cynodeai-ollama-models';

/** What the engine's storage holds for a container of our own. */
export interface StoredOllama {
  readonly image: string;
  readonly hasImage: boolean;
  readonly hasModel: boolean;
}

export const nothingStored: StoredOllama = {
  image: ollamaImage,
  hasImage: false,
  hasModel: false,
};

/** Models are kept in a volume whose manifests name them. */
function holdsModel(mountPoint: string): boolean {
  try {
    const manifests = join(mountPoint, 'models/manifests');
    return readdirSync(manifests, { recursive: true, withFileTypes: true }).some((entry) =>
      entry.isFile(),
    );
  } catch {
    return false;
  }
}

/**
 * Looks for an image and a model in the engine's storage; asks the engine only when it is there. Where a Docker daemon's
 * client is missing no model is seen.
 */
export async function storedOllama(context: EngineContext): Promise<StoredOllama> {
  const image = ollamaImage;
  if (!canAskEngine(context.install) || !hasEngineStorage(context.install)) return nothingStored;
  if ((await runEngine(context, ['has-image', image])).exitCode !== 0) return nothingStored;
  const [program, ...flags] = await engineInvocation(context);
  const args = [...flags, 'volume', 'inspect', '--format', '{{.Mountpoint}}', modelVolume];
  const result = await runCommand(program, args, { env: engineEnv(context.install, context.env) });
  const hasModel = result.exitCode === 0 && holdsModel(result.stdout.trim());
  return { image, hasImage: true, hasModel };
}
