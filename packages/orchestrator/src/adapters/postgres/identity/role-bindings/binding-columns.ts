import type { RoleName } from '@cynodeai/contracts/gateway';
import { sql } from 'kysely';
import { roleNames } from '../../../../domain/identity/active-user.ts';
import type { RoleBindingRecord } from '../../../../domain/identity/role-binding.ts';

/** A row of `role_bindings b` with `roles r`. */
export interface BindingRow {
  readonly id: string;
  readonly subject_type: 'user' | 'group';
  readonly subject_id: string;
  readonly role: RoleName;
  readonly scope_id: string | null;
  readonly is_active: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export const bindingColumns = sql`
  b.id, b.subject_type, b.subject_id, r.name as role, b.scope_id, b.is_active, b.created_at, b.updated_at`;

/** Roles this code does not know grant nothing and are not shown. */
export const isKnownRole = sql<boolean>`r.name = any(${[...roleNames]}::text[])`;

export function bindingOf(row: BindingRow): RoleBindingRecord {
  return {
    id: row.id,
    subjectType: row.subject_type,
    subjectId: row.subject_id,
    role: row.role,
    projectId: row.scope_id ?? undefined,
    isActive: row.is_active,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
