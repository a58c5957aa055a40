import { type RawBuilder, sql } from 'kysely';
import type { UserSession } from '../../../domain/identity/actor.ts';
import {
  type ActiveUser,
  type HeldRole,
  isRoleName,
} from '../../../domain/identity/active-user.ts';
import type { SessionRef } from '../../../ports/identity.ts';
import type { Executor } from '../database.ts';

/** A caller as `callerSelect` selects them. */
export interface CallerRow {
  readonly user_id: string;
  readonly handle: string;
  readonly email: string | null;
  readonly user_created_at: Date;
  readonly default_project_id: string | null;
  readonly default_project_is_active: boolean | null;
  readonly group_ids: readonly string[];
  readonly roles: readonly { readonly name: string; readonly project_id: string | null }[];
}

/** SQL: columns of an active user `u`, read with `callerJoins`. */
export const callerColumns: RawBuilder<CallerRow> = sql`
  u.id as user_id, u.handle, u.email, u.created_at as user_created_at,
  p.id as default_project_id, p.is_active as default_project_is_active,
  coalesce(g.ids, '{}') as group_ids, coalesce(r.roles, '[]') as roles`;

/** SQL: default project, active groups and active bindings of a user `u`. */
export const callerJoins: RawBuilder<unknown> = sql`
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
         or (b.subject_type = 'group' and b.subject_id = any (g.ids)))) r on true`;

/**
 * SQL: the user of a live session with active groups and bindings; no row unless session and user are active. It runs
 * on every call, alone or in the statement that reads what the call is about.
 */
export function callerSelect(session: SessionRef, now: Date): RawBuilder<CallerRow> {
  return sql`
    select ${callerColumns}
      from refresh_sessions s
      join users u on u.id = s.user_id and u.is_active ${callerJoins}
     where s.id = ${session.sessionId} and s.user_id = ${session.userId} and s.is_active and s.expires_at > ${now}`;
}

function heldRole(row: CallerRow['roles'][number]): HeldRole[] {
  if (!isRoleName(row.name)) return [];
  return [{ role: row.name, ...(row.project_id !== null && { projectId: row.project_id }) }];
}

/** The user of a row. */
export function activeUserOf(row: CallerRow): ActiveUser {
  const projectId = row.default_project_id;
  return {
    userId: row.user_id,
    handle: row.handle,
    ...(row.email !== null && { email: row.email }),
    createdAt: row.user_created_at,
    groupIds: row.group_ids,
    roles: row.roles.flatMap(heldRole),
    ...(projectId !== null && {
      defaultProject: { id: projectId, isActive: row.default_project_is_active === true },
    }),
  };
}

/** The caller of a row. */
export function sessionOf(row: CallerRow, { sessionId }: SessionRef): UserSession {
  return { kind: 'session', sessionId, ...activeUserOf(row) };
}

/** The caller of a live session, alone. */
export async function findSession(
  db: Executor,
  session: SessionRef,
  now: Date,
): Promise<UserSession | undefined> {
  const { rows } = await callerSelect(session, now).execute(db);
  const [row] = rows;
  return row && sessionOf(row, session);
}
