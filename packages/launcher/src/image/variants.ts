import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { localRepository, variantOf, variantRef } from '@cynodeai/contracts/common';
import { engineDirOf } from '../install/paths.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { build } from './build-archive.ts';
import { type EngineContext, mustRunEngine, runEngine } from './engine-command.ts';
import { type ImageOptions, importFlags, lockImages } from './ensure-image.ts';
import { listImages } from './list-images.ts';
import { readRecipe } from './recipe.ts';

/** Label that says what a variant has beside the default image. */
const packagesLabel = 'io.cynodeai.sandbox.packages';

/** A variant of the sandbox image that the engine has. */
export interface Variant {
  readonly name: string;
  readonly sizeBytes: number;
  /** As they were asked for. */
  readonly packages: readonly string[];
}

/**
 * Makes a variant from the distribution's packages and puts it in place of one of that name; jobs that run keep theirs.
 * @throws LauncherError `setup`, also for a package that is not there
 */
export async function buildVariant(
  options: ImageOptions,
  { name, packages }: { readonly name: string; readonly packages: readonly string[] },
): Promise<void> {
  const { install, onStep } = options;
  await using _lock = await lockImages(options);
  const imagesDir = install.paths.images;
  const archive = join(imagesDir, `cynode-image.${name}.tar`);
  try {
    const { dir } = readRecipe(install.checkout);
    await build(join(dir, 'build.sh'), [archive, ...packages], { ...options, imagesDir });
    onStep(`importing the image ${name}`);
    const seen = join(engineDirOf('images', install), basename(archive));
    const flags = importFlags([`${packagesLabel}=${packages.join(',')}`]);
    await mustRunEngine(options, ['import-image', seen, variantRef(name), ...flags]);
  } finally {
    rmSync(archive, { force: true });
    rmSync(`${archive}.part`, { force: true });
  }
}

/** The variants that the engine has, by name. @throws LauncherError `setup` */
export async function listVariants(context: EngineContext): Promise<readonly Variant[]> {
  const images = await listImages(context, localRepository);
  return images.flatMap(({ ref, sizeBytes, labels }) => {
    const name = variantOf(ref);
    const packages = labels[packagesLabel];
    // The default image has none.
    if (name === undefined || packages === undefined) return [];
    return [{ name, sizeBytes, packages: packages.split(',') }];
  });
}

/** Removes a variant; false when there is none of that name. @throws LauncherError `setup` while a job uses it */
export async function removeVariant(context: EngineContext, name: string): Promise<boolean> {
  const { exitCode, stderr } = await runEngine(context, ['remove-image', variantRef(name)]);
  if (exitCode === 0) return true;
  if (exitCode === 1 && stderr.trim() === '') return false;
  throw new LauncherError('setup', `the image ${name} could not be removed: ${stderr.trim()}`);
}
