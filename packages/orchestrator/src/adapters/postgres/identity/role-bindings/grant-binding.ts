import { sql } from 'kysely';
import type { GrantOutcome, NewGrant } from '../../../../ports/role-bindings.ts';
import type { Executor } from '../../database.ts';
import { type BindingRow, bindingColumns, bindingOf } from './binding-columns.ts';

/**
 * Grants a role in one statement: a row that is there is switched on again, one that is on stays as it is. Nothing
 * happens when subject, project or role does not exist; bindings have no foreign key to their subject.
 */
async function upsert(db: Executor, grant: NewGrant): Promise<boolean> {
  const { subjectType, subjectId, role, projectId, actor, at } = grant;
  const project = projectId ?? null;
  const { rows } = await sql`
    insert into role_bindings as held
           (subject_type, subject_id, role_id, scope_type, scope_id, created_at, updated_at, updated_by)
    select ${subjectType}, ${subjectId}::uuid, r.id, ${projectId === undefined ? 'system' : 'project'}, ${project}::uuid,
           ${at}::timestamptz, ${at}::timestamptz, ${actor}
      from roles r
     where r.name = ${role}
       and case ${subjectType} when 'user' then exists (select from users where id = ${subjectId}::uuid)
                               else exists (select from groups where id = ${subjectId}::uuid) end
       and (${project}::uuid is null or exists (select from projects where id = ${project}::uuid))
    on conflict (subject_type, subject_id, role_id, scope_type, scope_id) do update
       set is_active = true, updated_at = excluded.updated_at, updated_by = excluded.updated_by
     where not held.is_active
    returning id`.execute(db);
  return rows.length > 0;
}

async function find(db: Executor, grant: NewGrant): Promise<BindingRow | undefined> {
  const { rows } = await sql<BindingRow>`
    select ${bindingColumns} from role_bindings b join roles r on r.id = b.role_id
     where b.subject_type = ${grant.subjectType} and b.subject_id = ${grant.subjectId} and r.name = ${grant.role}
       and b.scope_id is not distinct from ${grant.projectId ?? null}::uuid
       for no key update of b`.execute(db);
  return rows[0];
}

/**
 * Grants a role; undefined when subject, project or role does not exist.
 * See docs/reference/database.md#identity-tables.
 */
export async function grantBinding(
  db: Executor,
  grant: NewGrant,
): Promise<GrantOutcome | undefined> {
  const isNew = await upsert(db, grant);
  const row = await find(db, grant);
  return row && { binding: bindingOf(row), isNew };
}
