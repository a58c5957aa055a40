import { findInstall } from '../install/install.ts';
import { Progress } from '../terminal/progress.ts';
import { tearDown } from '../stack/tear-down.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { downFlags } from './flags.ts';

/** Stops the stack. */
export async function down(
  context: CommandContext,
  { flags }: { readonly flags: FlagsOf<typeof downFlags> },
): Promise<number> {
  const install = findInstall(context.env);
  const progress = new Progress({ quiet: flags.quiet ?? false });
  try {
    const ran =
      install !== undefined &&
      (await tearDown({ install, ...context, onStep: (what) => progress.step(what) }));
    progress.done();
    await context.output.text(ran ? 'stopped\n' : 'nothing was running\n');
    return 0;
  } finally {
    progress.done();
  }
}
