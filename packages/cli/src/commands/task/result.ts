import type { CommandContext } from '../context.ts';
import { readRoutes } from '../../gateway/read-routes.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import type { resultFlags, taskArgs } from './flags.ts';
import { printResult } from './print-result.ts';
import { waitForResult } from './wait-for-result.ts';

/** `cynork task result`: a failed task is not a failed command. Contract 05 section 7.5. */
export async function result(
  {
    authenticated,
    notes,
    output,
    signal,
  }: Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'signal'>,
  { args, flags }: CommandInput<typeof taskArgs, typeof resultFlags>,
): Promise<void> {
  const client = await authenticated();
  const outcome = flags.wait
    ? await waitForResult(client, args.task, { notes, signal })
    : await client.call(readRoutes.getTaskResult, { params: { id: args.task } });
  await printResult(outcome, { notes, output });
}
