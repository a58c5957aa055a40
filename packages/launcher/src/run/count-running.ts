import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { Install } from '../install/install.ts';
import { localClient } from './local-client.ts';

/** Tasks that run now, as far as one page tells; undefined when nobody can tell. */
export async function countRunning(install: Install): Promise<number | undefined> {
  const client = localClient(install);
  try {
    const { tasks } = await client.call(gatewayRoutes.listTasks, { query: { status: 'running' } });
    return tasks.length;
  } catch {
    return undefined;
  } finally {
    await client.close();
  }
}
