import process from 'node:process';
import { Command } from 'commander';
import { findInstall } from '../install/install.ts';
import { Progress } from '../terminal/progress.ts';
import { tearDown } from '../stack/tear-down.ts';
import { commandContext } from './command-context.ts';
import { parse } from './parse.ts';

function commandLine(): Command {
  return new Command('down')
    .description('Stop node, orchestrator and database in this order and wait until all are gone')
    .option('-q, --quiet', 'no progress on stderr');
}

/** Stops the stack. */
export async function down(args: readonly string[]): Promise<number> {
  const parsed = parse<{ readonly quiet?: boolean }>(commandLine(), args);
  if (parsed.kind === 'help') return 0;
  const context = commandContext();
  const install = findInstall(context.env);
  const progress = new Progress({ quiet: parsed.flags.quiet ?? false });
  try {
    const ran =
      install !== undefined &&
      (await tearDown({ install, ...context, onStep: (what) => progress.step(what) }));
    progress.done();
    process.stdout.write(ran ? 'stopped\n' : 'nothing was running\n');
    return 0;
  } finally {
    progress.done();
  }
}
