import { type RawBuilder, sql } from 'kysely';
import type {
  IdempotencyClaim,
  IdempotencyKeys,
  IdempotencyStart,
  IdempotentCall,
  KeptAnswer,
} from '../../../ports/tasks.ts';
import type { Executor } from '../database.ts';

const lifeMs = 24 * 3_600_000;
const takeOverMs = 60_000;

/** Claims the key: a new one, one past its day, or one whose call never finished. */
async function claim(db: Executor, call: IdempotentCall, now: Date): Promise<boolean> {
  const abandonedAt = new Date(now.getTime() - takeOverMs);
  const expiresAt = new Date(now.getTime() + lifeMs);
  const { rows } = await sql`
    insert into idempotency_keys as held (caller, method, path, key, request_sha256, created_at, expires_at)
    values (${call.caller}, ${call.method}, ${call.path}, ${call.key}, ${call.bodyHash}, ${now}, ${expiresAt})
    on conflict (caller, method, path, key) do update
       set request_sha256 = excluded.request_sha256, status_code = null, response = null, resource_id = null,
           created_at = excluded.created_at, expires_at = excluded.expires_at
     where held.expires_at <= ${now} or (held.status_code is null and held.created_at <= ${abandonedAt})
    returning 1 as claimed`.execute(db);
  return rows.length > 0;
}

async function held(db: Executor, call: IdempotentCall): Promise<IdempotencyStart | undefined> {
  const row = await db
    .selectFrom('idempotency_keys')
    .select(['request_sha256', 'status_code', 'response'])
    .where('caller', '=', call.caller)
    .where('method', '=', call.method)
    .where('path', '=', call.path)
    .where('key', '=', call.key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (!row.request_sha256.equals(call.bodyHash)) return { kind: 'other_body' };
  if (row.status_code === null) return { kind: 'running' };
  return { kind: 'replay', status: row.status_code, body: row.response };
}

/** SQL: whether a row is still this claim. */
function isClaim(claimed: IdempotencyClaim): RawBuilder<unknown> {
  return sql`caller = ${claimed.caller} and method = ${claimed.method} and path = ${claimed.path}
    and key = ${claimed.key} and status_code is null and created_at = ${claimed.claimedAt}`;
}

/** SQL: one row, locked, while the claim is held; none once another call took the key over. */
export function claimedKey(claimed: IdempotencyClaim): RawBuilder<unknown> {
  return sql`select 1 from idempotency_keys where ${isClaim(claimed)} for update`;
}

/** SQL that keeps the first answer of a claim where `where` holds. */
export function answerUpdate(
  claimed: IdempotencyClaim,
  answer: KeptAnswer,
  where: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> {
  const { status, body, resourceId } = answer;
  return sql`
    update idempotency_keys
       set status_code = ${status}, response = ${JSON.stringify(body)}::jsonb, resource_id = ${resourceId}
     where ${isClaim(claimed)} and ${where}
    returning 1`;
}

/** Keeps the first answer in the transaction that makes it true; false when another call holds the key now. */
export async function finishIdempotent(
  db: Executor,
  claimed: IdempotencyClaim,
  answer: KeptAnswer,
): Promise<boolean> {
  const { rows } = await answerUpdate(claimed, answer).execute(db);
  return rows.length === 1;
}

/** Idempotency keys in PostgreSQL. See docs/reference/database.md#work-tables. */
export function postgresIdempotencyKeys(db: Executor): IdempotencyKeys {
  return {
    start: async (call, now) => {
      for (;;) {
        if (await claim(db, call, now))
          return { kind: 'started', claim: { ...call, claimedAt: now } };
        const found = await held(db, call);
        // The other call failed and freed the key between the two statements: claim again.
        if (found !== undefined) return found;
      }
    },
    release: async (claimed) => {
      await sql`delete from idempotency_keys where ${isClaim(claimed)}`.execute(db);
    },
    removeExpired: async (now) => {
      const { numDeletedRows } = await db
        .deleteFrom('idempotency_keys')
        .where('expires_at', '<=', now)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
