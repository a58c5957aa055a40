import type { GatewayClient } from '@cynodeai/api-client';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding, taskOf } from '../gateway/answers.ts';

const count = 200;

/** Words that need no quotes in any shell; a name of the gateway that is none of them is left out. */
const safe = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Names of the newest tasks, the uuid for one without a name. See docs/reference/cli.md#completion.
 */
export async function taskNames(client: GatewayClient): Promise<string[]> {
  const page = await client.read(gatewayRoutes.listTasks, { query: { limit: count } });
  return holding(page, 'tasks')
    .tasks.map(taskOf)
    .map((task) => task.task_name ?? task.task_id)
    .filter((name) => safe.test(name));
}
