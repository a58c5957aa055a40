import { ensureImage, isImageImported, prepareImage } from '../image/ensure-image.ts';
import type { Install } from '../install/install.ts';
import { ensureStack } from '../stack/ensure-stack.ts';
import { waitForGateway } from '../stack/wait-for-gateway.ts';
import {
  type SetupOptions,
  ensurePackageLists,
  ensurePackages,
  findMissingPackages,
} from './install-packages.ts';

export interface BringUpOptions extends SetupOptions {
  readonly install: Install;
}

/** Installs what is missing and prepares the sandbox image; what does not need the other happens at the same time. */
export async function setUp(options: BringUpOptions): Promise<void> {
  const missing = findMissingPackages().length > 0;
  if (!missing && isImageImported(options.install)) return;
  if (missing) {
    // Fails or asks before anything long is begun.
    const packages = ensurePackages(options);
    await Promise.all([packages, ensurePackageLists(options).then(() => prepareImage(options))]);
  }
}

/** Everything a task needs: packages, image, and a running stack. */
export async function bringUp(options: BringUpOptions): Promise<void> {
  await setUp(options);
  await Promise.all([
    ensureImage(options),
    ensureStack(options).then(() => waitForGateway(options.install, options.signal)),
  ]);
}
