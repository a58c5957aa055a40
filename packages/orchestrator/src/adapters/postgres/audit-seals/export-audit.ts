import type { SigningKey } from '@cynodeai/runtime/crypto';
import { type ExportedRange, exportLines, rowText } from '@cynodeai/runtime/sealed-log';
import { type Kysely, sql } from 'kysely';
import { type ChainedLog, chainedLogs } from '../../../domain/audit/chained-logs.ts';
import type { SealHead } from '../../../ports/audit-seals.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';
import { type LogRow, type SealRow, isInRange, sealColumns, sealLineOf } from './seal-row.ts';

export interface AuditExport {
  readonly key: SigningKey;
  /** Where chains ended as it is remembered outside of the database. */
  readonly heads: ReadonlyMap<string, SealHead>;
  /** Ranges that ended and were sealed before are written without their rows. */
  readonly since: Date | undefined;
  readonly at: Date;
}

/** The number of the first row that is not older; ranges below it are left out. */
async function firstSince(db: Executor, log: ChainedLog, since: Date | undefined): Promise<number> {
  if (since === undefined) return 0;
  const { rows } = await sql<{ seq: number | null }>`
    select min(seq) as seq from ${sql.table(log.table)} where ${sql.ref(log.time)} >= ${since}`.execute(
    db,
  );
  return rows[0]?.seq ?? Number.MAX_SAFE_INTEGER;
}

async function nextSeal(
  db: Executor,
  log: ChainedLog,
  after: number,
): Promise<SealRow | undefined> {
  const { rows } = await sql<SealRow>`
    select ${sealColumns} from audit_seals
     where table_name = ${log.table} and from_seq > ${after} order by from_seq limit 1`.execute(db);
  return rows[0];
}

/** Every seal with what is stored in its range, whether it fits or not: to look is the reader's part. */
async function* rangesOf(db: Executor, since: Date | undefined): AsyncGenerator<ExportedRange> {
  for (const log of chainedLogs) {
    const first = await firstSince(db, log, since);
    let seal = await nextSeal(db, log, Number.MIN_SAFE_INTEGER);
    let isIn = false;
    while (seal !== undefined) {
      // Also what was sealed since then: rows that are gone say nothing of when they were.
      isIn ||= seal.to_seq >= first || since === undefined || seal.created_at >= since;
      const { rows } = isIn
        ? await sql<LogRow>`
            select * from ${sql.table(log.table)} where ${isInRange(seal)} order by seq`.execute(db)
        : { rows: [] };
      yield { seal: sealLineOf(seal, isIn), rows: rows.map(rowText) };
      seal = await nextSeal(db, log, seal.from_seq);
    }
  }
}

async function* bytesOf(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const text of texts) yield Buffer.from(text);
}

/** Saves the lines of an export, all of one moment. See docs/reference/audit.md#file. */
export async function exportAudit(
  db: Kysely<Database>,
  { key, heads, since, at }: AuditExport,
  save: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const header = {
    exported_at: at.toISOString(),
    ...(since !== undefined && { since: since.toISOString() }),
    tables: chainedLogs.map(({ table }) => table),
    heads: Object.fromEntries(
      [...heads].map(([table, head]) => [table, { to_seq: head.toSeq, seal_hash: head.sealHash }]),
    ),
  };
  await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute((trx) => save(bytesOf(exportLines(header, rangesOf(trx, since), key))));
}
