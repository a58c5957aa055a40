import type { CommandInput } from '@cynodeai/command-line/definition';
import { nameFault } from '../domain/variants.ts';
import { removeVariant } from '../image/variants.ts';
import { LauncherError } from '../base/launcher-error.ts';
import type { CommandContext } from './command-context.ts';
import type { imageRemoveArgs } from './flags.ts';
import { installWithEngine } from './image-install.ts';

/** `image remove NAME`: a variant of the sandbox image. See docs/reference/sandbox.md#images. */
export async function imageRemove(
  { env, signal, output }: CommandContext,
  { args }: CommandInput<typeof imageRemoveArgs, Record<string, never>>,
): Promise<void> {
  const { name } = args;
  const fault = nameFault(name);
  if (fault !== undefined) throw new LauncherError('usage', fault);
  const install = installWithEngine(env);
  const isGone = install !== undefined && (await removeVariant({ install, env, signal }, name));
  if (!isGone) {
    throw new LauncherError('usage', `there is no image ${name}; see: cynode image list`);
  }
  await output.text(`removed ${name}\n`);
}
