import { type RawBuilder, sql } from 'kysely';
import { systemHandle } from '../../../domain/identity/handle.ts';
import type { OwnerGuard } from '../../../ports/users.ts';
import type { Executor } from '../database.ts';

/** Ids of users who hold the system role `owner`, directly or through an active group. */
function ownerIds(): RawBuilder<unknown> {
  return sql`
    select coalesce(m.user_id, b.subject_id)
      from role_bindings b
      join roles r on r.id = b.role_id and r.name = 'owner'
      left join (group_memberships m join groups g on g.id = m.group_id and g.is_active)
        on b.subject_type = 'group' and m.group_id = b.subject_id and m.is_active
     where b.is_active and b.scope_type = 'system' and (b.subject_type = 'user' or m.user_id is not null)`;
}

/** True for a user who holds the system role `owner`, active or not. */
export async function isOwner(db: Executor, userId: string): Promise<boolean> {
  const { rows } = await sql`select 1 where ${userId}::uuid in (${ownerIds()})`.execute(db);
  return rows.length > 0;
}

/** The owners of the install; changes that may leave none meet on the row of the role. */
export function postgresOwnerGuard(db: Executor): OwnerGuard {
  return {
    lock: async () => {
      await sql`select 1 from roles where name = 'owner' for no key update`.execute(db);
    },
    isAnyLeft: async () => {
      const { rows } = await sql`
        select 1 from users
         where is_active and handle <> ${systemHandle} and id in (${ownerIds()}) limit 1`.execute(
        db,
      );
      return rows.length > 0;
    },
  };
}
