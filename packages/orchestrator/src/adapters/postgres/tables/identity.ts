import type { CreatedAt, Defaulted, Id, UpdatedAt } from './columns.ts';

/** See docs/reference/database.md#identity-tables. */
export interface UsersTable {
  id: Id;
  handle: string;
  email: string | null;
  is_active: Defaulted<boolean>;
  external_source: string | null;
  external_id: string | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/**
 * See docs/reference/database.md#identity-tables; `password_hash` holds the bytes of a PHC string.
 */
export interface PasswordCredentialsTable {
  id: Id;
  user_id: string;
  password_hash: Buffer;
  hash_alg: 'argon2id' | 'bcrypt';
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/** One row per login, kept across rotations. See docs/reference/database.md#identity-tables. */
export interface RefreshSessionsTable {
  id: Id;
  user_id: string;
  refresh_token_hash: Buffer;
  refresh_token_kid: string | null;
  is_active: Defaulted<boolean>;
  expires_at: Date;
  last_used_at: Date | null;
  previous_token_hash: Buffer | null;
  revoked_at: Date | null;
  revoked_reason: string | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/**
 * Latest attempts of an address or a handle, newest first.
 * See docs/reference/identity-and-policy.md#throttling.
 */
export interface AuthAttemptsTable {
  key: string;
  attempts: Date[];
  expires_at: Date;
}

/** Latest failed logins of a handle nobody has, newest first; `subject` is its SHA-256 hex. */
export interface UnknownHandleFailuresTable {
  subject: string;
  failures: Date[];
  expires_at: Date;
}

/** See docs/reference/database.md#identity-tables. */
export interface UserApiKeysTable {
  id: Id;
  user_id: string;
  name: string;
  key_hash: Buffer;
  is_active: Defaulted<boolean>;
  expires_at: Date | null;
  last_used_at: Date | null;
  created_at: CreatedAt;
}

/**
 * See docs/reference/database.md#identity-tables; the slug of a default project is `default-<user
 * uuid>`.
 */
export interface ProjectsTable {
  id: Id;
  slug: string;
  display_name: string;
  description: string | null;
  is_active: Defaulted<boolean>;
  owner_user_id: string | null;
  is_default: Defaulted<boolean>;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  updated_by: string;
}

/** See docs/reference/database.md#identity-tables. */
export interface GroupsTable {
  id: Id;
  slug: string;
  display_name: string;
  is_active: Defaulted<boolean>;
  external_source: string | null;
  external_id: string | null;
  managed_by: 'local' | 'external_sync' | null;
  last_synced_at: Date | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  updated_by: string;
}

/** See docs/reference/database.md#identity-tables; deactivated rather than deleted. */
export interface GroupMembershipsTable {
  id: Id;
  group_id: string;
  user_id: string;
  is_active: Defaulted<boolean>;
  external_source: string | null;
  external_id: string | null;
  managed_by: 'local' | 'external_sync' | null;
  last_synced_at: Date | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  updated_by: string;
}

/** See docs/reference/database.md#identity-tables. */
export interface RolesTable {
  id: Id;
  name: string;
  description: string | null;
  max_sensitivity_level: string | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/**
 * See docs/reference/database.md#identity-tables; `scope_id` is null exactly for scope `system`.
 */
export interface RoleBindingsTable {
  id: Id;
  subject_type: 'user' | 'group';
  subject_id: string;
  role_id: string;
  scope_type: 'system' | 'project';
  scope_id: string | null;
  is_active: Defaulted<boolean>;
  managed_by: 'local' | 'external_sync' | null;
  last_synced_at: Date | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
  updated_by: string;
}
