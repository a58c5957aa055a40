import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { Install } from '../install/install.ts';
import { localClient } from './local-client.ts';

/** Tasks that run now, as far as one page tells; one when nobody can tell, so that nothing is ended unasked. */
export async function countRunning(install: Install): Promise<number> {
  const client = localClient(install);
  try {
    const { tasks } = await client.call(gatewayRoutes.listTasks, { query: { status: 'running' } });
    return tasks.length;
  } catch {
    return 1;
  } finally {
    await client.close();
  }
}
