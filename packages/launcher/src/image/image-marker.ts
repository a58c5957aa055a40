import { join } from 'node:path';
import { readIfThere } from '../install/files.ts';
import type { Install } from '../install/install.ts';
import { readRecipe } from './recipe.ts';

/** Beside the engine's storage: which recipe that holds, so that a warm start need not ask the engine. */
export function markerPath({ paths, engine }: Pick<Install, 'paths' | 'engine'>): string {
  const suffix = engine.runtime === 'podman' ? '' : `-${engine.runtime}`;
  return join(paths.node, `sandbox-image${suffix}`);
}

/** True when anything was ever put into the engine's storage. */
export function hasEngineStorage(install: Pick<Install, 'paths' | 'engine'>): boolean {
  return readIfThere(markerPath(install)) !== undefined;
}

/** True when the image of this checkout was put into the engine's storage. */
export function isImageImported(install: Install): boolean {
  return readIfThere(markerPath(install))?.trim() === readRecipe(install.checkout).hash;
}
