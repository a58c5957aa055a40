import type { Selectable } from 'kysely';
import type { UserRecord } from '../../../../domain/identity/user-record.ts';
import type { UsersTable } from '../../tables/identity.ts';

export const userColumns = [
  'id',
  'handle',
  'email',
  'is_active',
  'created_at',
  'updated_at',
] as const;

export function userOf(
  row: Pick<Selectable<UsersTable>, (typeof userColumns)[number]>,
): UserRecord {
  return {
    id: row.id,
    handle: row.handle,
    email: row.email ?? undefined,
    isActive: row.is_active,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
