import { resolve } from 'node:path';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { restore } from '../setup/restore.ts';
import { passphraseOf } from '../terminal/new-password.ts';
import type { AskingContext } from './command-context.ts';
import type { backupArgs, backupFlags } from './flags.ts';

/** `restore FILE`. See docs/reference/processes.md#backup. */
export async function restoreBackup(
  context: AskingContext,
  { args, flags }: CommandInput<typeof backupArgs, typeof backupFlags>,
): Promise<number> {
  const passphrase = await passphraseOf(flags.passphraseFile, context.terminal, false);
  const { install, tasks, ran } = await restore(context.env, resolve(args.file), passphrase);
  const failed = ran === 0 ? '' : `; ${ran} of them ran at that moment and fail now`;
  await context.output.text(
    `restored ${tasks} tasks to ${install.paths.home}${failed}; to start it: cynode up\n`,
  );
  return 0;
}
