import type { SigningKey } from '@cynodeai/runtime/crypto';
import { sha256, signSeal } from '@cynodeai/runtime/sealed-log';
import { type Kysely, sql } from 'kysely';
import type { ChainedLog } from '../../../domain/audit/chained-logs.ts';
import type { SealedBatch } from '../../../ports/audit-seals.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';
import { type LogRow, type SealRow, hashesOf, sealColumns } from './seal-row.ts';

/** Most rows of one seal. */
const sealRows = 1000;

/** Lets one process at a time work on a chain; false when another does. The lock goes with the transaction. */
export async function lockChain(db: Executor, log: ChainedLog): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${`audit chain:${log.table}`}, 0)) as mine`.execute(
    db,
  );
  return rows[0]?.mine === true;
}

async function lastSeal(db: Executor, log: ChainedLog): Promise<SealRow | undefined> {
  const { rows } = await sql<SealRow>`
    select ${sealColumns} from audit_seals
     where table_name = ${log.table} order by from_seq desc limit 1`.execute(db);
  return rows[0];
}

/** The next rows in order, none behind one that is open. */
async function nextRows(
  db: Executor,
  log: ChainedLog,
  after: number,
  upTo: number,
): Promise<readonly LogRow[]> {
  const table = sql.table(log.table);
  const firstOpen = log.isCompleted
    ? sql`coalesce((select min(seq) from ${table} where completed_at is null and seq > ${after}), 9223372036854775807)`
    : sql`9223372036854775807`;
  // What stands before the first number was put there by hand; it is sealed with the first range, to be seen.
  const from = after === 0 ? sql`true` : sql`seq > ${after}`;
  const { rows } = await sql<LogRow>`
    select * from ${table} where ${from} and seq <= ${upTo} and seq < ${firstOpen}
     order by seq limit ${sql.lit(sealRows)}`.execute(db);
  return rows;
}

/** Seals the next range in one transaction; a killed process leaves nothing of it behind. */
export async function sealNext(
  db: Kysely<Database>,
  key: SigningKey,
  log: ChainedLog,
  upTo: number,
  at: Date,
): Promise<SealedBatch> {
  const nothing: SealedBatch = { rows: 0, head: undefined, more: false };
  return db.transaction().execute(async (trx) => {
    if (!(await lockChain(trx, log))) return nothing;
    const before = await lastSeal(trx, log);
    const after = before?.to_seq ?? 0;
    const rows = await nextRows(trx, log, after, upTo);
    const last = rows.at(-1);
    if (last === undefined) return nothing;
    const hashes = hashesOf(rows);
    const seal = signSeal(
      {
        table_name: log.table,
        from_seq: after + 1,
        to_seq: last.seq,
        row_count: rows.length,
        root_hash: sha256(hashes).toString('hex'),
        prev_seal_hash: before?.seal_hash.toString('hex') ?? null,
        created_at: at.toISOString(),
      },
      key,
    );
    await sql`
      insert into audit_seals (table_name, from_seq, to_seq, row_count, root_hash, prev_seal_hash, seal_hash, key_id,
                               signature, created_at, row_hashes)
      values (${log.table}, ${seal.from_seq}, ${seal.to_seq}, ${seal.row_count}, ${Buffer.from(seal.root_hash, 'hex')},
              ${before?.seal_hash ?? null}, ${Buffer.from(seal.seal_hash, 'hex')}, ${seal.key_id},
              ${Buffer.from(seal.signature, 'base64url')}, ${at}, ${hashes})`.execute(trx);
    const head = { toSeq: seal.to_seq, sealHash: seal.seal_hash };
    return { rows: rows.length, head, more: rows.length === sealRows };
  });
}
