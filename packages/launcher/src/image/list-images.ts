import { parseJson } from '@cynodeai/runtime/std';
import { z } from 'zod';
import { type EngineContext, mustRunEngine } from './engine-command.ts';

const listSchema = z.array(
  z.object({
    ref: z.string(),
    sizeBytes: z.number(),
    labels: z.record(z.string(), z.string()),
  }),
);

/** An image of the engine's storage, by its full name. */
export type ListedImage = z.infer<typeof listSchema>[number];

/** Images of the engine whose names begin so, sorted by name. @throws LauncherError `setup` */
export async function listImages(
  context: EngineContext,
  beginning: string,
): Promise<readonly ListedImage[]> {
  return listSchema.parse(parseJson(await mustRunEngine(context, ['list-images', beginning])));
}
