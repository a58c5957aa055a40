import { lstat } from 'node:fs/promises';
import { CliError } from '../../base/cli-error.ts';
import type { CommandContext } from '../context.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { saveFile } from '../../files/save-file.ts';
import type { artifactArgs, artifactGetFlags } from './flags.ts';

async function checkTarget(path: string, force: boolean): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (found.isDirectory()) throw new CliError('usage', `${path} is a directory; name a file`);
  if (!force) throw new CliError('usage', `${path} exists; add --force to replace it`);
}

/**
 * `cynork task artifacts get`: a task's file, whole or not at all.
 * See docs/reference/cli.md#task-commands.
 */
export async function getArtifact(
  { authenticated, output, signal }: Pick<CommandContext, 'authenticated' | 'output' | 'signal'>,
  { args, flags }: CommandInput<typeof artifactArgs, typeof artifactGetFlags>,
): Promise<void> {
  const { out, force = false } = flags;
  if (out === undefined || out === '') {
    throw new CliError('usage', '--out is missing: say where to put the file');
  }
  await checkTarget(out, force);
  const client = await authenticated();
  const chunks = await client.download(args.task, args.artifact_id, signal);
  await saveFile(out, chunks, { replace: force });
  const saved = { saved: true, path: out };
  await output.print({ records: [saved], json: saved });
}
