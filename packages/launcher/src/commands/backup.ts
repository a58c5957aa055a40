import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { LauncherError } from '../base/launcher-error.ts';
import { findInstall } from '../install/install.ts';
import { backUp } from '../setup/backup.ts';
import { minPassphraseChars } from '../setup/sealed-file.ts';
import { passphraseOf } from '../terminal/new-password.ts';
import type { AskingContext } from './command-context.ts';
import type { backupArgs, backupFlags } from './flags.ts';

/** `backup FILE`. See docs/reference/processes.md#backup. */
export async function backup(
  context: AskingContext,
  { args, flags }: CommandInput<typeof backupArgs, typeof backupFlags>,
): Promise<number> {
  const install = findInstall(context.env);
  if (install === undefined) {
    throw new LauncherError('usage', 'there is no install to back up; CYNODE_HOME names another');
  }
  const passphrase = await passphraseOf(flags.passphraseFile, context.terminal, true);
  if (passphrase.length < minPassphraseChars) {
    const message = `the passphrase needs at least ${minPassphraseChars} characters: the file holds every secret of the install`;
    throw new LauncherError('usage', message);
  }
  const path = resolve(args.file);
  await backUp(install, path, passphrase);
  const { size } = await stat(path);
  await context.output.text(
    `backed up to ${path} (${Math.ceil(size / 1e6)} MB); to make an install of it: CYNODE_HOME=FOLDER cynode restore ${args.file}\n`,
  );
  return 0;
}
