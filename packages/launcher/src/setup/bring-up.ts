import { ensureImage, prepareImage } from '../image/ensure-image.ts';
import type { Install } from '../install/install.ts';
import { ensureStack } from '../stack/ensure-stack.ts';
import { waitForGateway } from '../stack/wait-for-gateway.ts';
import {
  type SetupOptions,
  agreeOnPackages,
  ensurePackageLists,
  installPackages,
} from './install-packages.ts';

export interface BringUpOptions extends SetupOptions {
  readonly install: Install;
}

/** Installs what is missing and builds the sandbox image meanwhile, which needs none of it. */
export async function setUp(options: BringUpOptions): Promise<void> {
  const packages = await agreeOnPackages(options);
  if (packages.length === 0) return;
  await ensurePackageLists(options);
  options.onStep(`installing ${packages.join(', ')}, and building the sandbox image meanwhile`);
  const silently = { ...options, onStep: () => {} };
  await Promise.all([installPackages(packages, silently), prepareImage(silently)]);
}

/** Everything a task needs: packages, image, and a running stack. */
export async function bringUp(options: BringUpOptions): Promise<void> {
  await setUp(options);
  await Promise.all([
    ensureImage(options),
    ensureStack(options).then(() => waitForGateway(options.install, options.signal)),
  ]);
}
