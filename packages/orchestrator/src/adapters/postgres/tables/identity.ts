import type { CreatedAt, Defaulted, Id, UpdatedAt } from './columns.ts';

/** Contract 02 section 2. */
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

/** Contract 02 section 2; `password_hash` holds the bytes of a PHC string. */
export interface PasswordCredentialsTable {
  id: Id;
  user_id: string;
  password_hash: Buffer;
  hash_alg: 'argon2id' | 'bcrypt';
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/** One row per login, kept across rotations. Contract 02 section 2. */
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

/** Latest attempts of an address or a handle, newest first. Contract 04 section 4.3. */
export interface AuthAttemptsTable {
  key: string;
  attempts: Date[];
  expires_at: Date;
}

/** Contract 02 section 2. */
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

/** Contract 02 section 3; the slug of a default project is `default-<user uuid>`. */
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

/** Contract 02 section 4. */
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

/** Contract 02 section 4; deactivated rather than deleted. */
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

/** Contract 02 section 4. */
export interface RolesTable {
  id: Id;
  name: string;
  description: string | null;
  max_sensitivity_level: string | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/** Contract 02 section 4; `scope_id` is null exactly for scope `system`. */
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
