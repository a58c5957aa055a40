import { join } from 'node:path';
import { readIfThere } from '../install/files.ts';
import type { Install } from '../install/install.ts';
import { readRecipe } from './recipe.ts';

/** Beside the engine's storage: which recipe that holds, so that a warm start need not ask the engine. */
export function markerPath(install: Pick<Install, 'paths'>): string {
  return join(install.paths.node, 'sandbox-image');
}

/** True when anything was ever put into the engine's storage. */
export function hasEngineStorage(install: Pick<Install, 'paths'>): boolean {
  return readIfThere(markerPath(install)) !== undefined;
}

/** True when the image of this checkout was put into the engine's storage. */
export function isImageImported(install: Install): boolean {
  return readIfThere(markerPath(install))?.trim() === readRecipe(install.checkout).hash;
}
