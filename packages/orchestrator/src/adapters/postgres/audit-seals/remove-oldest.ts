import type { SigningKey } from '@cynodeai/runtime/crypto';
import { sha256, signRemoval } from '@cynodeai/runtime/sealed-log';
import { type Kysely, sql } from 'kysely';
import type { ChainedLog } from '../../../domain/audit/chained-logs.ts';
import { OrchestratorError } from '../../../domain/errors.ts';
import type { RemovedBatch } from '../../../ports/retention.ts';
import type { Database } from '../tables.ts';
import { lockChain } from './seal-next.ts';
import { type LogRow, type SealRow, hashesOf, isInRange, sealColumns } from './seal-row.ts';

const isYoung = (at: unknown, before: Date): boolean => !(at instanceof Date) || at >= before;

/** Removes the rows of the oldest range that still has them, where all are old; the seal stays and says who removed them. */
export async function removeOldest(
  db: Kysely<Database>,
  key: SigningKey,
  log: ChainedLog,
  before: Date,
  at: Date,
): Promise<RemovedBatch> {
  const nothing: RemovedBatch = { removed: 0, more: false };
  return db.transaction().execute(async (trx) => {
    if (!(await lockChain(trx, log))) return nothing;
    const { rows } = await sql<SealRow>`
      select ${sealColumns} from audit_seals
       where table_name = ${log.table} and removed_at is null order by from_seq limit 1`.execute(
      trx,
    );
    const [seal] = rows;
    if (seal === undefined) return nothing;
    const table = sql.table(log.table);
    const { rows: old } = await sql<LogRow>`
      select * from ${table} where ${isInRange(seal)} order by seq`.execute(trx);
    if (old.some((row) => isYoung(row[log.time], before))) return nothing;
    // Removing rows that were tampered with would remove the proof.
    if (!sha256(hashesOf(old)).equals(seal.root_hash)) {
      throw new OrchestratorError(
        'audit_chain_broken',
        `rows ${seal.from_seq} to ${seal.to_seq} of ${log.table} are not as they were sealed, so they are kept; see: cynode audit verify`,
      );
    }
    await sql`delete from ${table} where ${isInRange(seal)}`.execute(trx);
    const removal = signRemoval(seal.seal_hash.toString('hex'), at.toISOString(), key);
    await sql`
      update audit_seals
         set row_hashes = null, removed_at = ${at}, removal_key_id = ${removal.removal_key_id},
             removal_signature = ${Buffer.from(removal.removal_signature, 'base64url')}
       where seal_hash = ${seal.seal_hash}`.execute(trx);
    return { removed: old.length, more: true };
  });
}
