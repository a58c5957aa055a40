import { type Kysely, sql } from 'kysely';
import type { BlobReferences } from '../../../ports/blob-sweep.ts';
import type { Database } from '../tables.ts';

/** Where two sweeps of blobs meet. */
const sweepLock = 4_918_720_417;

/**
 * References of blobs in PostgreSQL. The transaction holds no row: whoever stores a blob names one that the sweep
 * does not look at yet, because it is too young.
 */
export function postgresBlobReferences(db: Kysely<Database>): BlobReferences {
  return {
    withUnused: (refs, work) =>
      db.transaction().execute(async (trx) => {
        const { rows } = await sql<{ locked: boolean }>`
          select pg_try_advisory_xact_lock(${sweepLock}::bigint) as locked`.execute(trx);
        if (rows[0]?.locked !== true) return false;
        const used = await trx
          .selectFrom('task_artifacts')
          .select('storage_ref')
          // The index of blobs is a partial one; the second half is its condition.
          .where(sql<boolean>`storage_ref = any(${refs}::text[]) and storage_ref like 'file:%'`)
          .execute();
        const folders = await trx
          .selectFrom('folders')
          .select('storage_ref')
          .where('storage_ref', 'in', refs)
          .execute();
        const named = new Set([...used, ...folders].map((row) => row.storage_ref));
        await work(refs.filter((ref) => !named.has(ref)));
        return true;
      }),
  };
}
