import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { isConfirmed } from '../shared/confirm.ts';
import type { confirmFlags } from '../shared/flags.ts';
import type { taskArgs } from './flags.ts';

/**
 * `cynork task cancel`: asks first; anything but y sends nothing.
 * See docs/reference/cli.md#confirmation and docs/reference/cli.md#task-commands.
 */
export async function cancel(
  context: Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'terminal'>,
  { args, flags }: CommandInput<typeof taskArgs, typeof confirmFlags>,
): Promise<void> {
  const client = await context.authenticated();
  const { task } = args;
  const question = `Cancel task ${task}?`;
  if (!(await isConfirmed(context, { question, yes: flags.yes, id: { task_id: task } }))) return;
  const answer = await client.read(gatewayRoutes.cancelTask, { params: { id: task } });
  const { task_id, canceled: done, task_name } = holding(answer, 'task_id', 'canceled');
  const canceled = { task_id, canceled: done, task_name };
  await context.output.print({ records: [canceled], json: canceled });
}
