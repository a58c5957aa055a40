import { type Kysely, sql } from 'kysely';
import type { SeedStore, SeedTransaction } from '../../../ports/seeds.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';
import { createAdministrator } from './create-administrator.ts';
import { seedSetting } from './seed-setting.ts';

/** Where two seeding processes meet. */
export const seedLock = 4_918_720_413;

async function hasAdministrator(db: Executor): Promise<boolean> {
  const row = await db
    .selectFrom('role_bindings as b')
    .innerJoin('roles as r', 'r.id', 'b.role_id')
    .innerJoin('users as u', 'u.id', 'b.subject_id')
    .select('u.id')
    .where('r.name', 'in', ['owner', 'admin'])
    .where('b.subject_type', '=', 'user')
    .where('b.scope_type', '=', 'system')
    .where('b.is_active', '=', true)
    .where('u.is_active', '=', true)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** A user has that handle. */
export async function isHandleTaken(db: Executor, handle: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM users WHERE lower(handle) = ${handle}`.execute(db);
  return rows.length > 0;
}

function seedTransaction(trx: Executor): SeedTransaction {
  return {
    ensureSystemUser: async () => {
      await sql`INSERT INTO users (handle) VALUES ('system') ON CONFLICT DO NOTHING`.execute(trx);
    },
    ensureRoles: async (names) => {
      await trx
        .insertInto('roles')
        .values(names.map((name) => ({ name })))
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute();
    },
    hasAdministrator: () => hasAdministrator(trx),
    isHandleTaken: (handle) => isHandleTaken(trx, handle),
    createAdministrator: (administrator) => createAdministrator(trx, administrator),
    seedSetting: (key, value) => seedSetting(trx, key, value),
  };
}

/** Seeding in PostgreSQL, one process at a time. */
export function postgresSeedStore(db: Kysely<Database>): SeedStore {
  return {
    transaction: (work) =>
      db.transaction().execute(async (trx) => {
        await sql`SELECT pg_advisory_xact_lock(${seedLock}::bigint)`.execute(trx);
        return work(seedTransaction(trx));
      }),
  };
}
