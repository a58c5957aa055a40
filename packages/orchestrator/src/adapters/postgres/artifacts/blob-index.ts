import { type RawBuilder, type Transaction, sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { BlobClaim, BlobIndex, KnownBlob } from '../../../ports/blob-index.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';

/** Taken out at a time. */
const batchBlobs = 1000;
/** How often content is entered again that was taken out while it was found. */
const enterTries = 5;

/** Tables whose rows name content by a column `storage_ref`, and their columns of its hash. */
export const namingTables = { task_artifacts: 'checksum_sha256', folders: 'sha256' } as const;

const naming = Object.entries(namingTables);

/** SQL: whether a row names the reference. */
const isNamed = (ref: RawBuilder<unknown>): RawBuilder<boolean> => sql<boolean>`
  (${sql.join(
    naming.map(
      ([table]) => sql`exists (select from ${sql.table(table)} where storage_ref = ${ref})`,
    ),
    sql` or `,
  )})`;

/** SQL: whether somebody holds the blob `b`. */
const isHeld = sql<boolean>`
  (${isNamed(sql`b.storage_ref`)} or exists (select from blob_claims c where c.storage_ref = b.storage_ref))`;

const byHash = (rows: readonly KnownBlob[]): ReadonlyMap<string, KnownBlob> =>
  new Map(rows.map((row) => [row.sha256, row]));

/** Rows are locked in one order, so that two who claim the same never wait for each other. */
async function claim(
  db: Executor,
  hashes: readonly string[],
  { id, at }: BlobClaim,
): Promise<ReadonlyMap<string, KnownBlob>> {
  const { rows } = await sql<KnownBlob>`
    with found as (
      select storage_ref, sha256, size_bytes from blobs
       where sha256 = any(${hashes}::text[]) order by sha256 for share),
    claimed as (
      insert into blob_claims (claim_id, storage_ref, claimed_at)
      select ${id}::uuid, storage_ref, ${at}::timestamptz from found
      on conflict do nothing)
    select storage_ref as "storageRef", sha256, size_bytes as "sizeBytes" from found`.execute(db);
  return byHash(rows);
}

/** One statement where nobody else stores the same at the same time. */
async function enter(
  db: Executor,
  blobs: readonly KnownBlob[],
  by: BlobClaim,
): Promise<ReadonlyMap<string, KnownBlob>> {
  const rows = JSON.stringify(
    blobs.map(({ storageRef, sha256, sizeBytes }) => ({
      storage_ref: storageRef,
      sha256,
      size_bytes: sizeBytes,
    })),
  );
  const claimed = new Map<string, KnownBlob>();
  for (let attempt = 0; attempt < enterTries; attempt += 1) {
    const fresh = await sql<KnownBlob>`
      with fresh as (
        insert into blobs (storage_ref, sha256, size_bytes)
        select storage_ref, sha256, size_bytes
          from jsonb_to_recordset(${rows}::jsonb) as b (storage_ref text, sha256 text, size_bytes bigint)
         order by sha256
        on conflict do nothing
        returning storage_ref, sha256, size_bytes),
      claimed as (
        insert into blob_claims (claim_id, storage_ref, claimed_at)
        select ${by.id}::uuid, storage_ref, ${by.at}::timestamptz from fresh)
      select storage_ref as "storageRef", sha256, size_bytes as "sizeBytes" from fresh`.execute(db);
    for (const row of fresh.rows) claimed.set(row.sha256, row);
    const others = blobs.map(({ sha256 }) => sha256).filter((hash) => !claimed.has(hash));
    if (others.length === 0) return claimed;
    for (const [hash, blob] of await claim(db, others, by)) claimed.set(hash, blob);
    if (claimed.size === blobs.length) return claimed;
  }
  throw new Error('content was taken out of the index as often as it was entered');
}

/** Removes those that are locked here and that nobody holds: a statement of its own sees every claim before the lock. */
async function takeLocked(
  trx: Transaction<Database>,
  locked: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ ref: string }>`
    delete from blobs b where b.storage_ref = any(${locked}::text[]) and not ${isHeld}
    returning b.storage_ref as ref`.execute(trx);
  return rows.map(({ ref }) => ref);
}

async function strays(db: Executor, refs: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ ref: string }>`
    select r.ref from unnest(${refs}::text[]) as r (ref)
     where not exists (select from blobs where storage_ref = r.ref) and not ${isNamed(sql`r.ref`)}`.execute(
    db,
  );
  return rows.map(({ ref }) => ref);
}

async function takeUnused(
  trx: Transaction<Database>,
  refs: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ ref: string }>`
    select storage_ref as ref from blobs where storage_ref = any(${refs}::text[])
       for update skip locked`.execute(trx);
  // Before any is taken out: what was entered is no stray.
  const unknown = await strays(trx, refs);
  const taken = await takeLocked(
    trx,
    rows.map(({ ref }) => ref),
  );
  return [...taken, ...unknown];
}

async function takeSomeUnused(trx: Transaction<Database>): Promise<readonly string[]> {
  const { rows } = await sql<{ ref: string }>`
    select b.storage_ref as ref from blobs b where not ${isHeld}
     limit ${sql.lit(batchBlobs)} for update skip locked`.execute(trx);
  return rows.length === 0
    ? []
    : takeLocked(
        trx,
        rows.map(({ ref }) => ref),
      );
}

async function hashOf(db: Executor, ref: string): Promise<string | undefined> {
  const named = naming.map(
    ([table, hash]) =>
      sql`(select max(${sql.ref(hash)}) from ${sql.table(table)} where storage_ref = ${ref})`,
  );
  const { rows } = await sql<{ sha256: string | null }>`
    select coalesce((select sha256 from blobs where storage_ref = ${ref}),
                    ${sql.join(named)}) as sha256`.execute(db);
  return rows[0]?.sha256 ?? undefined;
}

/** Gives claims back: part of the transaction that writes the rows they were for. */
export async function releaseClaims(db: Executor, claimIds: readonly string[]): Promise<void> {
  if (claimIds.length === 0) return;
  await db
    .deleteFrom('blob_claims')
    .where('claim_id', 'in', [...new Set(claimIds)])
    .execute();
}

/** The index in PostgreSQL. See docs/reference/tasks-and-jobs.md#stored-content. */
export function postgresBlobIndex(db: Kysely<Database>): BlobIndex {
  const transact = <T>(work: (trx: Transaction<Database>) => Promise<T>): Promise<T> =>
    db.transaction().execute(work);
  return {
    claim: (hashes, by) => claim(db, hashes, by),
    enter: (blobs, by) => enter(db, blobs, by),
    distrust: async (ref) => {
      await db.updateTable('blobs').set({ sha256: null }).where('storage_ref', '=', ref).execute();
    },
    hashOf: (ref) => hashOf(db, ref),
    release: (ids) => releaseClaims(db, ids),
    forgetClaims: async (before) => {
      await db.deleteFrom('blob_claims').where('claimed_at', '<', before).execute();
    },
    takeUnused: (refs) => transact((trx) => takeUnused(trx, refs)),
    takeSomeUnused: () => transact(takeSomeUnused),
    strays: (refs) => strays(db, refs),
  };
}
