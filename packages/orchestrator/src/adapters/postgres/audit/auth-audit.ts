import { storableText } from '@cynodeai/runtime/std';
import { type RawBuilder, sql } from 'kysely';
import type { ClientContext } from '../../../ports/identity.ts';
import type { Executor } from '../database.ts';
import type { AuthEventType } from '../tables/audit.ts';
import { inetOf } from './inet.ts';

const maxUserAgentChars = 512;

/** The user agent as it is kept. */
export function userAgentOf(client: Pick<ClientContext, 'userAgent'>): string | null {
  if (client.userAgent === undefined) return null;
  return storableText(client.userAgent.slice(0, maxUserAgentChars));
}

/** The columns that say where a call came from, as SQL values `ip_address, user_agent`. */
export function clientColumns(client: ClientContext): RawBuilder<unknown> {
  return sql`${inetOf(client.ip)}::inet, ${userAgentOf(client)}::text`;
}

/** A row of `auth_audit_log`. */
export interface AuthEvent {
  readonly type: AuthEventType;
  readonly success: boolean;
  readonly userId?: string | undefined;
  /** Handle of the user, or slug of the node; never unproven input. */
  readonly subject?: string | undefined;
  readonly reason?: string | undefined;
  /** Absent for what the system does by itself. */
  readonly client?: ClientContext;
  /** The database's clock unless told. */
  readonly at?: Date;
}

/**
 * Appends a row to `auth_audit_log`; statements that change sessions write theirs themselves.
 * See docs/reference/database.md#audit-tables.
 */
export async function appendAuthEvent(db: Executor, event: AuthEvent): Promise<void> {
  const { client, at } = event;
  await db
    .insertInto('auth_audit_log')
    .values({
      event_type: event.type,
      success: event.success,
      user_id: event.userId ?? null,
      subject_handle: event.subject ?? null,
      reason: event.reason ?? null,
      ip_address: client === undefined ? null : inetOf(client.ip),
      user_agent: client === undefined ? null : userAgentOf(client),
      ...(at !== undefined && { created_at: at }),
    })
    .execute();
}
