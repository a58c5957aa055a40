import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Env } from '@cynodeai/runtime/config';
import { messageOf } from '@cynodeai/runtime/std';
import { canAskEngine, cleanFlags, mustRunEngine } from '../image/engine-command.ts';
import { type Install, findInstall } from '../install/install.ts';
import type { HomePaths } from '../install/paths.ts';
import { removeTree } from '../machine/remove-tree.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { isServiceThere, removeService, serviceOf } from '../setup/service.ts';
import { tearDown } from '../stack/tear-down.ts';
import { ask, canAsk } from '../terminal/ask.ts';
import { Progress } from '../terminal/progress.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { resetFlags } from './flags.ts';

/** Deletes the install. */
export async function reset(
  context: CommandContext,
  { flags }: { readonly flags: FlagsOf<typeof resetFlags> },
): Promise<number> {
  const install = findInstall(context.env);
  if (install === undefined) {
    await context.output.text('there is no install to delete\n');
    return 0;
  }
  const { home } = install.paths;
  if (!flags.yes) {
    if (!canAsk(context.env)) {
      throw new LauncherError('declined', `give --yes to delete ${home} without being asked`);
    }
    if (!(await ask(`Delete ${home} with all tasks, users and secrets?`, context.signal, false)))
      return 0;
  }
  const progress = new Progress();
  try {
    await tearDown({ install, ...context, onStep: (what) => progress.step(what) });
    const service = serviceOf(install, context.env);
    if (isServiceThere(service)) await removeService(service, context.env);
    progress.step('deleting container storage');
    if (canAskEngine(install)) {
      await resetEngine(install, context.env);
    }
    progress.step('deleting the state folder');
    removeTree(install.runDir);
    removeHome(install.paths, flags.keepImages === true);
  } finally {
    progress.done();
  }
  await context.output.text(`deleted ${home}\n`);
  return 0;
}

async function resetEngine(install: Install, env: Env): Promise<void> {
  try {
    await mustRunEngine({ install, env }, ['reset', ...cleanFlags(install)]);
  } catch (cause) {
    throw new LauncherError(
      'setup',
      `${messageOf(cause)}; what it holds of this install stays, so nothing was deleted; mend that and try again, or delete ${install.paths.home} yourself`,
      { cause },
    );
  }
}

/**
 * Empties the state folder; the folder itself may be somebody's mount point. What makes it an install goes last, so that
 * a reset that was cut short can be made again.
 */
function removeHome({ home, settings }: HomePaths, keepImages: boolean): void {
  const paths = readdirSync(home)
    .filter((name) => !(keepImages && name === 'images'))
    .map((name) => join(home, name));
  for (const path of paths) if (path !== settings) removeTree(path);
  removeTree(settings);
}
