import process from 'node:process';
import { Command } from 'commander';
import { ensureImage } from '../image/ensure-image.ts';
import { readRecipe } from '../image/recipe.ts';
import { demandedEngine } from '../install/engine-choice.ts';
import { openInstall } from '../install/install.ts';
import { LauncherError } from '../launcher-error.ts';
import { setUp } from '../setup/bring-up.ts';
import { Progress } from '../terminal/progress.ts';
import { commandContext } from './command-context.ts';
import { parse } from './parse.ts';

interface ImageFlags {
  readonly fromRegistry?: boolean;
  readonly yes?: boolean;
}

function commandLine(): Command {
  return new Command('image')
    .description('Build the sandbox image anew with the newest packages, and use it from now on')
    .argument('<action>', 'build')
    .option('--from-registry', 'use images/sandbox/Containerfile and a container registry')
    .option('-y, --yes', 'install missing packages without asking');
}

/** Builds the sandbox image. */
export async function image(args: readonly string[]): Promise<number> {
  const parsed = parse<ImageFlags>(commandLine(), args);
  if (parsed.kind === 'help') return 0;
  const { flags, operands } = parsed;
  if (operands[0] !== 'build') {
    throw new LauncherError('usage', `image knows only the action build, not ${operands[0] ?? ''}`);
  }
  const context = commandContext();
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
  process.stdout.write(`${readRecipe(install.checkout).reference}\n`);
  return 0;
}
