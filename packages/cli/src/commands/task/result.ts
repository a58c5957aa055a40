import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { resultOf } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import type { resultFlags, taskArgs } from './flags.ts';
import { exitStatusOf } from './task-end.ts';
import { printResult } from './print-result.ts';
import { waitForResult } from './wait-for-result.ts';

/**
 * `cynork task result`: a failed task is no failed command, unless `--exit-status` says so.
 * See docs/reference/cli.md#task-commands.
 */
export async function result(
  {
    authenticated,
    notes,
    output,
    signal,
  }: Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'signal'>,
  { args, flags }: CommandInput<typeof taskArgs, typeof resultFlags>,
): Promise<number> {
  const client = await authenticated();
  const outcome = flags.wait
    ? await waitForResult(client, args.task, { notes, signal })
    : resultOf(await client.read(gatewayRoutes.getTaskResult, { params: { id: args.task } }));
  await printResult(outcome, { notes, output });
  return flags.exitStatus ? exitStatusOf(outcome) : 0;
}
