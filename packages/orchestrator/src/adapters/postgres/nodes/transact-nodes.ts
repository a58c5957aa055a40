import { type Kysely, sql } from 'kysely';
import type { NodeAdminTransaction, TransactNodes } from '../../../ports/node-admin.ts';
import { postgresGatewayAudit } from '../audit/gateway-audit.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';
import { insertJoinToken } from './join-tokens.ts';
import { isNode } from './node-reader.ts';

async function allowReregister(
  db: Executor,
  ...[idOrSlug, until]: Parameters<NodeAdminTransaction['allowReregister']>
): ReturnType<NodeAdminTransaction['allowReregister']> {
  const { rows } = await sql<{ id: string; node_slug: string }>`
    UPDATE nodes n SET reregistration_expires_at = ${until}, updated_at = now()
    WHERE ${isNode(idOrSlug)} RETURNING n.id, n.node_slug
  `.execute(db);
  return rows[0] && { nodeId: rows[0].id, slug: rows[0].node_slug };
}

/** Runs work on nodes in one PostgreSQL transaction. */
export function postgresTransactNodes(db: Kysely<Database>): TransactNodes {
  return (work) =>
    db.transaction().execute((trx) =>
      work({
        audit: postgresGatewayAudit(trx),
        allowReregister: (idOrSlug, until) => allowReregister(trx, idOrSlug, until),
        keepJoinToken: (token) => insertJoinToken(trx, token),
      }),
    );
}
