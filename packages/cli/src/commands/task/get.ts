import { type GatewayClient, GatewayError } from '@cynodeai/api-client';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type ShownResult, type ShownTask, resultOf, taskOf } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import type { getFlags, taskArgs } from './flags.ts';
import { exitStatusOf, reasonOf } from './task-end.ts';

/** How it ended, where that is asked for, or is what people want to know; a gateway that does not say so costs nothing. */
async function endOf(
  client: GatewayClient,
  { task_id: id, status }: ShownTask,
  isNeeded: boolean,
): Promise<ShownResult | undefined> {
  if (!isNeeded && status !== 'failed') return undefined;
  try {
    return resultOf(await client.read(gatewayRoutes.getTaskResult, { params: { id } }));
  } catch (error) {
    if (isNeeded || !(error instanceof GatewayError)) throw error;
    return undefined;
  }
}

/** `cynork task get`: of one that failed also why. See docs/reference/cli.md#task-commands. */
export async function get(
  { authenticated, output }: Pick<CommandContext, 'authenticated' | 'output'>,
  { args, flags }: CommandInput<typeof taskArgs, typeof getFlags>,
): Promise<number> {
  const client = await authenticated();
  const task = taskOf(await client.read(gatewayRoutes.getTask, { params: { id: args.task } }));
  const end = await endOf(client, task, flags.exitStatus ?? false);
  const reason = end && reasonOf(end);
  const { task_id, status, task_name, waiting_reason, waiting_text, exit_code, image } = task;
  const env_names = task.env_names?.join(',');
  const secrets = task.secrets?.join(',');
  const { workspace } = task;
  const binary = task.binary?.join(',');
  const records = [
    {
      task_id,
      status,
      task_name,
      image,
      env_names,
      secrets,
      workspace,
      waiting_reason,
      waiting_text,
      exit_code,
      binary,
      reason,
    },
  ];
  await output.print({ records, json: { ...task, ...(reason !== undefined && { reason }) } });
  return flags.exitStatus && end ? exitStatusOf(end) : 0;
}
