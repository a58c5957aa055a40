import type { CreatedAt, Decision, Id, JsonObject, NullableJsonb } from './columns.ts';

/** See docs/reference/database.md#audit-tables. */
export type AuthEventType =
  | 'login_success'
  | 'login_failure'
  | 'refresh_success'
  | 'refresh_failure'
  | 'logout'
  | 'session_revoked'
  | 'user_created'
  | 'user_disabled'
  | 'user_reenabled'
  | 'password_changed'
  | 'password_reset'
  | 'node_registered'
  | 'node_registration_failure';

/** A row that counts what is alike in one minute; all three are null in a row of one event. */
interface Grouped {
  group_key: string | null;
  call_count: number | null;
  last_at: Date | null;
}

/**
 * See docs/reference/database.md#audit-tables; `subject_handle` of an unknown user is the SHA-256
 * hex of the handle.
 */
export interface AuthAuditLogTable extends Grouped {
  id: Id;
  event_type: AuthEventType;
  user_id: string | null;
  subject_handle: string | null;
  success: boolean;
  ip_address: string | null;
  user_agent: string | null;
  reason: string | null;
  created_at: CreatedAt;
}

/** See docs/reference/database.md#audit-tables; `details` holds ids only. */
export interface GatewayAuditLogTable extends Grouped {
  id: Id;
  created_at: CreatedAt;
  request_id: string;
  user_id: string | null;
  group_ids: NullableJsonb<readonly string[]>;
  role_names: NullableJsonb<readonly string[]>;
  scope_type: string | null;
  scope_id: string | null;
  action: string;
  resource_type: string;
  resource_id: string | null;
  decision: Decision;
  status_code: number;
  ip_address: string | null;
  duration_ms: number | null;
  details: NullableJsonb<JsonObject>;
}
