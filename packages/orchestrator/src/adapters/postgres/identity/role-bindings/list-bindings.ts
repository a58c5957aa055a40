import { sql } from 'kysely';
import type { RoleBindingRecord } from '../../../../domain/identity/role-binding.ts';
import type { RoleBindingListQuery } from '../../../../ports/role-bindings.ts';
import type { Executor } from '../../database.ts';
import { type BindingRow, bindingColumns, bindingOf, isKnownRole } from './binding-columns.ts';

/** Grants, newest first; an absent filter matches everything. */
export async function listBindings(
  db: Executor,
  query: RoleBindingListQuery,
): Promise<readonly RoleBindingRecord[]> {
  const { subjectType, subjectId, role, scopeType, projectId, after, limit } = query;
  const { rows } = await sql<BindingRow>`
    select ${bindingColumns}
      from role_bindings b join roles r on r.id = b.role_id
     where ${isKnownRole}
       and (${subjectType ?? null}::text is null or b.subject_type = ${subjectType ?? null})
       and (${subjectId ?? null}::uuid is null or b.subject_id = ${subjectId ?? null})
       and (${role ?? null}::text is null or r.name = ${role ?? null})
       and (${scopeType ?? null}::text is null or b.scope_type = ${scopeType ?? null})
       and (${projectId ?? null}::uuid is null or b.scope_id = ${projectId ?? null})
       and (${after?.createdAt ?? null}::timestamptz is null
            or (b.created_at, b.id) < (${after?.createdAt ?? null}::timestamptz, ${after?.id ?? null}::uuid))
     order by b.created_at desc, b.id desc limit ${limit}`.execute(db);
  return rows.map(bindingOf);
}
