import type { NodeAuditEntry } from '../../../ports/node-registry.ts';
import { appendAuthEvent } from '../audit/auth-audit.ts';
import type { Executor } from '../database.ts';

/** Writes what became of a registration. See docs/reference/database.md#audit-tables. */
export function insertNodeAudit(db: Executor, entry: NodeAuditEntry): Promise<void> {
  const { event: type, success, slug: subject, reason } = entry;
  return appendAuthEvent(db, { type, success, subject, reason, client: entry });
}
