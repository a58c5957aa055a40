import { type Kysely, sql } from 'kysely';
import type { FolderRecord, Folders, OldFolders } from '../../../ports/folders.ts';
import { postgresGatewayAudit } from '../audit/gateway-audit.ts';
import { releaseClaims } from '../artifacts/blob-index.ts';
import type { Executor } from '../database.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { Database } from '../tables.ts';

const batchFolders = 100;

async function save(db: Executor, ownerId: string, folder: FolderRecord, at: Date): Promise<void> {
  await db
    .insertInto('folders')
    .values({
      id: folder.id,
      owner_id: ownerId,
      sha256: folder.sha256,
      size_bytes: folder.sizeBytes,
      entries: folder.entries,
      storage_ref: folder.storageRef,
      created_at: at,
      last_used_at: at,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['owner_id', 'sha256'])
        .doUpdateSet({ storage_ref: folder.storageRef, last_used_at: at }),
    )
    .execute();
}

async function use(
  db: Executor,
  ownerId: string,
  sha256: string,
  at: Date,
): Promise<FolderRecord | undefined> {
  const row = await db
    .updateTable('folders')
    .set({ last_used_at: at })
    .where('owner_id', '=', ownerId)
    .where('sha256', '=', sha256)
    .returning(['id', 'size_bytes', 'entries', 'storage_ref'])
    .executeTakeFirst();
  return (
    row && {
      id: row.id,
      sha256,
      sizeBytes: row.size_bytes,
      entries: row.entries,
      storageRef: row.storage_ref,
    }
  );
}

/** Folders in PostgreSQL. See docs/reference/folders.md#how-long-it-stays. */
export function postgresFolders(db: Kysely<Database>): Folders {
  return {
    transact: (work) =>
      db.transaction().execute((trx) =>
        work({
          audit: postgresGatewayAudit(trx),
          save: (...row) => save(trx, ...row),
          releaseClaims: (ids) => releaseClaims(trx, ids),
        }),
      ),
    use: (...asked) => use(db, ...asked),
    settings: (keys) => readSettings(db, keys),
  };
}

/**
 * A task names its folder after it marked it as used, in two statements: who looks here in between finds it young, and
 * looks again at a row that was changed while it waited.
 */
export function postgresOldFolders(db: Kysely<Database>): OldFolders {
  return {
    removeUnused: async (before) => {
      const { numAffectedRows } = await sql`
        delete from folders where id in (
          select f.id from folders f
           where f.last_used_at < ${before}
             and not exists (select from tasks t where t.folder_id = f.id and not t.closed)
           order by f.last_used_at limit ${sql.lit(batchFolders)} for update skip locked)`.execute(
        db,
      );
      const removed = Number(numAffectedRows ?? 0);
      return { removed, more: removed === batchFolders };
    },
  };
}
