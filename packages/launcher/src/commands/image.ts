import type { CommandInput } from '@cynodeai/command-line/definition';
import { ensureImage } from '../image/ensure-image.ts';
import { readRecipe } from '../image/recipe.ts';
import { demandedEngine } from '../install/engine-choice.ts';
import { openInstall } from '../install/install.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { setUp } from '../setup/bring-up.ts';
import { Progress } from '../terminal/progress.ts';
import type { CommandContext } from './command-context.ts';
import type { imageArgs, imageFlags } from './flags.ts';

/** Builds the sandbox image. */
export async function image(
  context: CommandContext,
  { args, flags }: CommandInput<typeof imageArgs, typeof imageFlags>,
): Promise<number> {
  if (args.action !== 'build') {
    throw new LauncherError('usage', `image knows only the action build, not ${args.action}`);
  }
  const opened = await openInstall(context.env);
  const install = { ...opened, engine: demandedEngine(context.env, opened.engine) };
  const progress = new Progress();
  const onStep = (what: string): void => progress.step(what);
  try {
    await setUp({ install, ...context, yes: flags.yes ?? false, onStep });
    const fromRegistry = flags.fromRegistry ?? false;
    await ensureImage({ install, ...context, onStep, force: true, fromRegistry });
  } finally {
    progress.done();
  }
  await context.output.text(`${readRecipe(install.checkout).reference}\n`);
  return 0;
}
