import { type Transaction, sql } from 'kysely';
import type { Database } from '../tables.ts';

/** Where two dispatchers meet, so that both see the other's claims when they count free slots. */
const claimLock = 4_918_720_412;

/** One claim of slots at a time; a claimer that freezes inside loses its session after five seconds. */
export async function enterClaim(trx: Transaction<Database>): Promise<void> {
  await sql`
    SELECT set_config('idle_in_transaction_session_timeout', '5000', true),
      pg_advisory_xact_lock(${claimLock}::bigint)
  `.execute(trx);
}
