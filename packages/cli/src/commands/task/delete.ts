import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import { isConfirmed } from '../shared/confirm.ts';
import type { confirmFlags } from '../shared/flags.ts';
import type { taskArgs } from './flags.ts';

/**
 * `cynork task delete`: asks first; anything but y sends nothing.
 * See docs/reference/cli.md#confirmation and docs/reference/cli.md#task-commands.
 */
export async function deleteTask(
  context: Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'terminal'>,
  { args, flags }: CommandInput<typeof taskArgs, typeof confirmFlags>,
): Promise<void> {
  const client = await context.authenticated();
  const { task } = args;
  const question = `Delete task ${task} with its result and files?`;
  if (!(await isConfirmed(context, { question, yes: flags.yes, id: { task_id: task } }))) return;
  const answer = await client.read(gatewayRoutes.deleteTask, { params: { id: task } });
  const { task_id, deleted: done, task_name } = holding(answer, 'task_id', 'deleted');
  const deleted = { task_id, deleted: done, task_name };
  await context.output.print({ records: [deleted], json: deleted });
}
