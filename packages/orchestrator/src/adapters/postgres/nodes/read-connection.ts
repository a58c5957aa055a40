import { sql } from 'kysely';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { NodeConnection } from '../../../ports/nodes.ts';
import type { Executor } from '../database.ts';

/** SQL: the certificate a node says its Worker API shows, of `node_capabilities c`. */
export const nodeCertificate = sql<
  string | null
>`c.capability_snapshot -> 'tls' ->> 'worker_api_server_cert_pem'`;

/** How a node is called now; undefined when it has no URL or no token that opens. */
export async function readConnection(
  db: Executor,
  vault: Pick<NodeTokenVault, 'open'>,
  nodeId: string,
): Promise<NodeConnection | undefined> {
  const row = await db
    .selectFrom('nodes as n')
    .leftJoin('node_capabilities as c', 'c.node_id', 'n.id')
    .select(['n.node_slug', 'n.worker_api_target_url', 'n.worker_api_bearer_token'])
    .select(nodeCertificate.as('certificate'))
    .where('n.id', '=', nodeId)
    .executeTakeFirst();
  const { worker_api_target_url: url, worker_api_bearer_token: sealed } = row ?? {};
  if (row === undefined || !url || !sealed) return undefined;
  const token = vault.open(nodeId, sealed);
  if (token === undefined) return undefined;
  return { nodeId, slug: row.node_slug, url, token, certificate: row.certificate ?? undefined };
}
