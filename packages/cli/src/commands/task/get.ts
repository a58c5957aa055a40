import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { taskOf } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import type { taskArgs } from './flags.ts';

/** `cynork task get`. See docs/reference/cli.md#task-commands. */
export async function get(
  { authenticated, output }: Pick<CommandContext, 'authenticated' | 'output'>,
  { args }: CommandInput<typeof taskArgs, Record<string, never>>,
): Promise<void> {
  const client = await authenticated();
  const task = taskOf(await client.read(gatewayRoutes.getTask, { params: { id: args.task } }));
  const { task_id, status, task_name, waiting_reason, waiting_text } = task;
  const records = [{ task_id, status, task_name, waiting_reason, waiting_text }];
  await output.print({ records, json: task });
}
