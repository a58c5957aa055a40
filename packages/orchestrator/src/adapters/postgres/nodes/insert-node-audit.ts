import { limits } from '@cynodeai/contracts/common';
import { storableText } from '@cynodeai/runtime/std';
import { isIP } from 'node:net';
import type { NodeAuditEntry } from '../../../ports/node-registry.ts';
import type { Executor } from '../database.ts';

/** Appends to `auth_audit_log`. Contract 02 section 15. */
export async function insertNodeAudit(db: Executor, entry: NodeAuditEntry): Promise<void> {
  await db
    .insertInto('auth_audit_log')
    .values({
      event_type: entry.event,
      success: entry.success,
      subject_handle: entry.slug ?? null,
      ip_address: isIP(entry.ip) === 0 ? null : entry.ip,
      user_agent:
        entry.userAgent === undefined
          ? null
          : storableText(entry.userAgent).slice(0, limits.indexedTextChars),
      reason: entry.reason ?? null,
    })
    .execute();
}
