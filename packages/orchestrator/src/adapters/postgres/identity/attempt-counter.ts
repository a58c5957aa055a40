import { sql } from 'kysely';
import { rateWindowMs } from '../../../domain/identity/rate-window.ts';
import type { AttemptCounter } from '../../../ports/attempt-counter.ts';
import type { Executor } from '../database.ts';

interface Row {
  readonly count: number;
  readonly decisive_at: Date | null;
}

/**
 * Attempts in PostgreSQL: one row per key that holds the latest `max + 2` times, newest first, however many attempts
 * there were. The row's lock puts parallel attempts of a key in order, whichever gateway took them.
 */
export function postgresAttemptCounter(db: Executor): AttemptCounter {
  return {
    count: async ({ key, max, at }) => {
      const since = new Date(at.getTime() - rateWindowMs);
      const expiresAt = new Date(at.getTime() + rateWindowMs);
      const { rows } = await sql<Row>`
        insert into auth_attempts as kept (key, attempts, expires_at)
        values (${key}, array[${at}::timestamptz], ${expiresAt})
        on conflict (key) do update
           set attempts = excluded.attempts || array(
                 select earlier from unnest(kept.attempts) as earlier
                  where earlier > ${since} order by earlier desc limit ${max + 1}),
               expires_at = excluded.expires_at
        returning cardinality(attempts) as count, attempts[${max}::int] as decisive_at`.execute(db);
      const [row] = rows;
      return { count: row?.count ?? 0, decisiveAt: row?.decisive_at ?? undefined };
    },
    removeStale: async (now) => {
      const { numDeletedRows } = await db
        .deleteFrom('auth_attempts')
        .where('expires_at', '<=', now)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
