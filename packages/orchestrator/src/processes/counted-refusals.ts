import type { ProcessScope } from '@cynodeai/runtime/lifecycle';
import type { Kysely } from 'kysely';
import { postgresRefusalLog } from '../adapters/postgres/audit/refusal-log.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { RefusalCounter } from '../app/audit/refusal-counter.ts';

/** Counts what a process refuses; the rest is written when it stops, while the database is still open. */
export function countRefusals(
  db: Kysely<Database>,
  { log, shutdown }: ProcessScope,
): RefusalCounter {
  const counter = new RefusalCounter(postgresRefusalLog(db), log);
  shutdown.add('write counted refusals', () => counter.close());
  return counter;
}
