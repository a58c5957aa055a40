import { findInstall } from '../install/install.ts';
import { isServiceThere, removeService, serviceOf } from '../setup/service.ts';
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
    const service = install && serviceOf(install, context.env);
    const isServed = service !== undefined && isServiceThere(service);
    const ran =
      install !== undefined &&
      (await tearDown({ install, ...context, onStep: (what) => progress.step(what) }));
    if (flags.service && isServed) await removeService(service, context.env);
    progress.done();
    await context.output.text(ran ? 'stopped\n' : 'nothing was running\n');
    if (flags.service) {
      const what = isServed ? `removed ${service.path}` : 'this install has no service';
      await context.notes.text(`cynode: ${what}\n`);
    } else if (isServed) {
      await context.notes.text(
        `cynode: the service ${service.name} starts it again at the next boot; to remove that: cynode down --service\n`,
      );
    }
    return 0;
  } finally {
    progress.done();
  }
}
