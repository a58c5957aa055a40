import { type WantedVariant, wantedVariant } from '../domain/variants.ts';
import { ensureImage } from '../image/ensure-image.ts';
import { readRecipe } from '../image/recipe.ts';
import { buildVariant } from '../image/variants.ts';
import { demandedEngine } from '../install/engine-choice.ts';
import { openInstall } from '../install/install.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { setUp } from '../setup/bring-up.ts';
import { Progress } from '../terminal/progress.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { imageBuildFlags } from './flags.ts';

type BuildFlags = FlagsOf<typeof imageBuildFlags>;
type Variant = Exclude<WantedVariant, { fault: string }>;

/** The variant that the flags ask for; undefined for the default image. @throws LauncherError `usage` */
function variantWanted({ with: lists, name, fromRegistry }: BuildFlags): Variant | undefined {
  if (lists === undefined) {
    if (name === undefined) return undefined;
    throw new LauncherError('usage', '--name is for a variant: say what it has with --with');
  }
  if (fromRegistry) {
    throw new LauncherError('usage', '--from-registry makes the default image; drop it or --with');
  }
  const wanted = wantedVariant(lists, name);
  if ('fault' in wanted) throw new LauncherError('usage', wanted.fault);
  return wanted;
}

/** `image build`: the sandbox image, or a variant of it. See docs/reference/sandbox.md#images. */
export async function imageBuild(
  context: CommandContext,
  { flags }: { readonly flags: BuildFlags },
): Promise<number> {
  const variant = variantWanted(flags);
  const opened = await openInstall(context.env);
  const install = { ...opened, engine: demandedEngine(context.env, opened.engine) };
  const progress = new Progress();
  const onStep = (what: string): void => progress.step(what);
  try {
    const fromRegistry = flags.fromRegistry ?? false;
    await setUp({ install, ...context, yes: flags.yes ?? false, onStep });
    const options = { install, ...context, onStep };
    if (variant === undefined) await ensureImage({ ...options, force: true, fromRegistry });
    else await buildVariant(options, variant);
  } finally {
    progress.done();
  }
  if (variant === undefined) {
    await context.output.text(`${readRecipe(install.checkout).reference}\n`);
  } else {
    await context.output.text(`${variant.name}\n`);
    await context.notes.text(`cynode: it is used with: cynode run --image ${variant.name} …\n`);
  }
  return 0;
}
