import { type SealLine, rowText, sha256 } from '@cynodeai/runtime/sealed-log';
import { type RawBuilder, sql } from 'kysely';

/** A row of `audit_seals`. */
export interface SealRow {
  readonly table_name: string;
  readonly from_seq: number;
  readonly to_seq: number;
  readonly row_count: number;
  readonly root_hash: Buffer;
  readonly prev_seal_hash: Buffer | null;
  readonly seal_hash: Buffer;
  readonly key_id: string;
  readonly signature: Buffer;
  readonly created_at: Date;
  readonly row_hashes: Buffer | null;
  readonly removed_at: Date | null;
  readonly removal_key_id: string | null;
  readonly removal_signature: Buffer | null;
}

/** A row of a chained log with all its columns. */
export type LogRow = Readonly<Record<string, unknown>> & { readonly seq: number };

/** The hashes of rows one behind the other. */
export function hashesOf(rows: readonly LogRow[]): Buffer {
  return Buffer.concat(rows.map((row) => sha256(rowText(row))));
}

export const sealColumns = sql`
  table_name, from_seq, to_seq, row_count, root_hash, prev_seal_hash, seal_hash, key_id, signature, created_at,
  row_hashes, removed_at, removal_key_id, removal_signature`;

/** A seal as exports have it; `withRows` says whether its rows follow. */
export function sealLineOf(row: SealRow, withRows: boolean): SealLine {
  const { row_hashes, removed_at, removal_key_id, removal_signature } = row;
  const removal = removed_at !== null && removal_key_id !== null && removal_signature !== null;
  return {
    table_name: row.table_name,
    from_seq: row.from_seq,
    to_seq: row.to_seq,
    row_count: row.row_count,
    root_hash: row.root_hash.toString('hex'),
    prev_seal_hash: row.prev_seal_hash?.toString('hex') ?? null,
    created_at: row.created_at.toISOString(),
    key_id: row.key_id,
    seal_hash: row.seal_hash.toString('hex'),
    signature: row.signature.toString('base64url'),
    ...(withRows && row_hashes !== null && { row_hashes: row_hashes.toString('base64') }),
    ...(removal && {
      removed_at: removed_at.toISOString(),
      removal_key_id,
      removal_signature: removal_signature.toString('base64url'),
    }),
  };
}

/** Condition for the rows of a range; the first of a table also takes what stands before it, where nothing should. */
export function isInRange(seal: Pick<SealRow, 'from_seq' | 'to_seq'>): RawBuilder<boolean> {
  return seal.from_seq === 1
    ? sql`seq <= ${seal.to_seq}`
    : sql`seq between ${seal.from_seq} and ${seal.to_seq}`;
}
