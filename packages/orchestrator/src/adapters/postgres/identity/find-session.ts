import { sql } from 'kysely';
import type { UserSession } from '../../../domain/identity/actor.ts';
import { type HeldRole, isRoleName } from '../../../domain/identity/active-user.ts';
import type { Executor } from '../database.ts';

interface Row {
  readonly id: string;
  readonly handle: string;
  readonly email: string | null;
  readonly created_at: Date;
  readonly default_project_id: string | null;
  readonly group_ids: readonly string[];
  readonly roles: readonly { readonly name: string; readonly project_id: string | null }[];
}

function heldRole(row: Row['roles'][number]): HeldRole[] {
  if (!isRoleName(row.name)) return [];
  return [{ role: row.name, ...(row.project_id !== null && { projectId: row.project_id }) }];
}

/** The user of a live session with active groups and bindings, in one statement: it runs on every request. */
export async function findSession(
  db: Executor,
  sessionId: string,
  userId: string,
  now: Date,
): Promise<UserSession | undefined> {
  const { rows } = await sql<Row>`
    select u.id, u.handle, u.email, u.created_at, p.id as default_project_id,
           coalesce(g.ids, '{}') as group_ids, coalesce(r.roles, '[]') as roles
      from refresh_sessions s
      join users u on u.id = s.user_id and u.is_active
      left join projects p on p.owner_user_id = u.id and p.is_default
      left join lateral (
        select array_agg(m.group_id order by m.group_id) as ids
          from group_memberships m
          join groups on groups.id = m.group_id and groups.is_active
         where m.user_id = u.id and m.is_active) g on true
      left join lateral (
        select jsonb_agg(distinct jsonb_build_object('name', roles.name, 'project_id', b.scope_id)) as roles
          from role_bindings b
          join roles on roles.id = b.role_id
         where b.is_active
           and ((b.subject_type = 'user' and b.subject_id = u.id)
             or (b.subject_type = 'group' and b.subject_id = any (g.ids)))) r on true
     where s.id = ${sessionId} and s.user_id = ${userId} and s.is_active and s.expires_at > ${now}`.execute(
    db,
  );
  const [row] = rows;
  return row && sessionOf(row, sessionId);
}

function sessionOf(row: Row, sessionId: string): UserSession {
  return {
    kind: 'session',
    userId: row.id,
    sessionId,
    handle: row.handle,
    ...(row.email !== null && { email: row.email }),
    createdAt: row.created_at,
    groupIds: row.group_ids,
    roles: row.roles.flatMap(heldRole),
    ...(row.default_project_id !== null && { defaultProjectId: row.default_project_id }),
  };
}
