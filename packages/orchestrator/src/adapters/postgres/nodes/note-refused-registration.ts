import { sql } from 'kysely';
import type { ClientContext } from '../../../ports/identity.ts';
import { inetOf } from '../audit/inet.ts';
import type { Executor } from '../database.ts';

/**
 * Keeps with a node when and from where a registration under its slug was refused; once a minute, so that whoever tries
 * without end writes little. See docs/reference/nodes.md#identity.
 */
export async function noteRefusedRegistration(
  db: Executor,
  nodeId: string,
  from: Pick<ClientContext, 'ip'>,
): Promise<void> {
  await sql`
    UPDATE nodes SET registration_refused_at = now(), registration_refused_from = ${inetOf(from.ip)}::inet
    WHERE id = ${nodeId}::uuid
      AND (registration_refused_at IS NULL OR registration_refused_at < date_trunc('minute', now()))
  `.execute(db);
}
