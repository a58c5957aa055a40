import type { NodeAuditEntry } from '../../../ports/node-registry.ts';
import { appendAuthEvent } from '../audit/auth-audit.ts';
import type { Executor } from '../database.ts';

/** Writes that a node registered. See docs/reference/database.md#audit-tables. */
export function insertNodeAudit(
  db: Executor,
  { slug: subject, reason, client }: NodeAuditEntry,
): Promise<void> {
  return appendAuthEvent(db, { type: 'node_registered', success: true, subject, reason, client });
}
