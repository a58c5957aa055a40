import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { NodeConnection } from '../../../ports/nodes.ts';
import type { Executor } from '../database.ts';

/** How a node is called now; undefined when it has no URL or no token that opens. */
export async function readConnection(
  db: Executor,
  vault: Pick<NodeTokenVault, 'open'>,
  nodeId: string,
): Promise<NodeConnection | undefined> {
  const row = await db
    .selectFrom('nodes')
    .select(['node_slug', 'worker_api_target_url', 'worker_api_bearer_token'])
    .where('id', '=', nodeId)
    .executeTakeFirst();
  const { worker_api_target_url: url, worker_api_bearer_token: sealed } = row ?? {};
  if (row === undefined || !url || !sealed) return undefined;
  const token = vault.open(nodeId, sealed);
  return token === undefined ? undefined : { nodeId, slug: row.node_slug, url, token };
}
