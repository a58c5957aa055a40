import { sql } from 'kysely';
import type { ChainedLog } from '../../../domain/audit/chained-logs.ts';
import type { Executor } from '../database.ts';

/** Pause between two looks at who writes, ms. */
const lookMs = 25;
/** Longest wait for those who write; what they hold up waits for the next turn, ms. */
const waitMs = 2000;

/** Transactions that hold the lock every writer takes before it draws a number, and keeps until its end. */
async function writersOf(db: Executor, log: ChainedLog): Promise<readonly string[]> {
  const { rows } = await sql<{ writer: string }>`
    select distinct virtualtransaction as writer from pg_locks
     where locktype = 'relation' and relation = ${log.table}::regclass and mode = 'RowExclusiveLock' and granted
       and database = (select oid from pg_database where datname = current_database())`.execute(db);
  return rows.map(({ writer }) => writer);
}

/** The last number that was drawn; 0 for none. It is read past all transactions. */
async function lastDrawn(db: Executor, log: ChainedLog): Promise<number> {
  const { rows } = await sql<{ last: number | null }>`
    select pg_sequence_last_value(pg_get_serial_sequence(${log.table}, 'seq')::regclass) as last`.execute(
    db,
  );
  return rows[0]?.last ?? 0;
}

/**
 * A number up to which no row will ever appear any more; undefined when somebody keeps writing for too long. Numbers are
 * drawn before transactions end, so a higher one may be seen before a lower: whoever had drawn one up to the last held
 * the lock by then, and once all those are gone, every row up to it is there or never will be. Nobody waits for this.
 */
export async function settledUpTo(
  db: Executor,
  log: ChainedLog,
  pause: (ms: number) => Promise<void>,
  signal: AbortSignal,
): Promise<number | undefined> {
  const last = await lastDrawn(db, log);
  let left = new Set(await writersOf(db, log));
  const until = performance.now() + waitMs;
  while (left.size > 0) {
    if (signal.aborted || performance.now() > until) return undefined;
    await pause(lookMs);
    left = new Set(await writersOf(db, log)).intersection(left);
  }
  return last;
}
