import { sql } from 'kysely';
import { attemptsThatMatter, forgottenAfterMs } from '../../../domain/identity/lockout.ts';
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
    noteFailure: async (subject, at) => {
      const expiresAt = new Date(at.getTime() + forgottenAfterMs);
      await sql`
        insert into unknown_handle_failures as kept (subject, failures, expires_at)
        values (${subject}, array[${at}::timestamptz], ${expiresAt})
        on conflict (subject) do update
           set failures = (excluded.failures || kept.failures)[:${sql.lit(attemptsThatMatter)}],
               expires_at = excluded.expires_at`.execute(db);
    },
    failures: async (subject) => {
      const row = await db
        .selectFrom('unknown_handle_failures')
        .select('failures')
        .where('subject', '=', subject)
        .executeTakeFirst();
      return (row?.failures ?? []).map((at) => ({ succeeded: false, at }));
    },
    removeStale: async (now) => {
      let removed = 0n;
      for (const table of ['auth_attempts', 'unknown_handle_failures'] as const) {
        const { numDeletedRows } = await db
          .deleteFrom(table)
          .where('expires_at', '<=', now)
          .executeTakeFirst();
        removed += numDeletedRows;
      }
      return Number(removed);
    },
  };
}
