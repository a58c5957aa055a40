import { checkFolder, saveFiles } from '@cynodeai/api-client/save-files';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { CliError } from '../../base/cli-error.ts';
import type { CommandContext } from '../context.ts';
import type { artifactGetAllFlags, taskArgs } from './flags.ts';

/**
 * `cynork task artifacts get-all`: what the jobs of a task left, with their folders, all of it or nothing.
 * See docs/reference/cli.md#task-commands.
 */
export async function getAllArtifacts(
  { authenticated, output, signal }: Pick<CommandContext, 'authenticated' | 'output' | 'signal'>,
  { args, flags }: CommandInput<typeof taskArgs, typeof artifactGetAllFlags>,
): Promise<void> {
  const { out, force = false } = flags;
  if (out === undefined || out === '') {
    throw new CliError('usage', '--out is missing: name the folder for the files');
  }
  await checkFolder(out);
  const client = await authenticated();
  const archive = await client.downloadAll(args.task, signal);
  const { files, bytes } = await saveFiles(out, archive, { replace: force });
  const saved = { saved: files.length, bytes, path: out };
  await output.print({ records: [saved], json: { ...saved, files } });
}
