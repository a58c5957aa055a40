import { basename, join } from 'node:path';
import type { Env } from '@cynodeai/runtime/config';
import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import type { Install } from '../install/install.ts';
import { engineDirOf } from '../install/paths.ts';
import { takeLock } from '../install/lock.ts';
import { sandboxImage } from '../roles/table.ts';
import { type BuildOptions, ensureArchive } from './build-archive.ts';
import { mustRunEngine, runEngine } from './engine-command.ts';
import { isImageImported, markerPath } from './image-marker.ts';
import { listImages } from './list-images.ts';
import { type Recipe, imageConfig, imageRepository, readRecipe } from './recipe.ts';

export interface ImageOptions extends Pick<
  BuildOptions,
  'signal' | 'onStep' | 'force' | 'fromRegistry'
> {
  readonly install: Install;
  readonly env: Env;
}

/** Builds the archive ahead of time, while other things are set up. @throws LauncherError `setup`. */
export async function prepareImage(options: ImageOptions): Promise<void> {
  if (isImageImported(options.install) && !options.force) return;
  await using _lock = await lockImages(options);
  await archiveOf(options, readRecipe(options.install.checkout));
}

/** Makes sure that the engine's storage holds the image of this checkout. @throws LauncherError `setup`. */
export async function ensureImage(options: ImageOptions): Promise<void> {
  const { install } = options;
  if (isImageImported(install) && !options.force) return;
  await using _lock = await lockImages(options);
  const recipe = readRecipe(install.checkout);
  const built = await archiveOf(options, recipe);
  const archive = join(engineDirOf('images', install), basename(built));
  options.onStep('importing the sandbox image');
  await mustRunEngine(options, ['import-image', archive, recipe.reference, ...importFlags()]);
  await mustRunEngine(options, ['tag-image', recipe.reference, sandboxImage]);
  writeFileAtomicSync(markerPath(install), `${recipe.hash}\n`);
  await removeOlder(options, recipe);
}

/**
 * Images of older recipes; one that a job still uses goes next time. A Docker daemon is shared: another install may use
 * them.
 */
async function removeOlder(options: ImageOptions, recipe: Recipe): Promise<void> {
  if (options.install.engine.runtime === 'docker') return;
  for (const { ref } of await listImages(options, `${imageRepository}:`)) {
    if (ref === recipe.reference || ref === sandboxImage) continue;
    await runEngine(options, ['remove-image', ref]);
  }
}

/** What an archive of files does not say of the image. */
export function importFlags(labels: readonly string[] = []): string[] {
  return [
    ...imageConfig.env.flatMap((value) => ['--env', value]),
    ...[...imageConfig.labels, ...labels].flatMap((value) => ['--label', value]),
    '--workdir',
    imageConfig.workdir,
  ];
}

function archiveOf(options: ImageOptions, recipe: Recipe): Promise<string> {
  return ensureArchive({ ...options, recipe, imagesDir: options.install.paths.images });
}

/** One image is made at a time. */
export function lockImages(options: ImageOptions): ReturnType<typeof takeLock> {
  return takeLock(`${options.install.paths.locks}/images`, {
    signal: options.signal,
    onWait: () => options.onStep('waiting for another cynode that prepares the sandbox image'),
  });
}

/** Imports the image again when the engine's storage has lost it; answers whether it had. */
export async function restoreLostImage(options: ImageOptions): Promise<boolean> {
  const { install, env } = options;
  if ((await runEngine({ install, env }, ['has-image', sandboxImage])).exitCode === 0) return false;
  // Emptied and not removed: the engine may hold containers of ours all the same.
  writeFileAtomicSync(markerPath(install), '');
  await ensureImage(options);
  return true;
}
