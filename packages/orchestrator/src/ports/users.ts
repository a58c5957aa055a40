import type { PagePosition } from '../domain/tasks/page-cursor.ts';
import type { UserRecord } from '../domain/identity/user-record.ts';
import type { GatewayAuditLog } from './audit.ts';
import type { ClientContext } from './identity.ts';
import type { ProjectStore } from './projects.ts';
import type { IdempotencyClaim, KeptAnswer } from './tasks.ts';

export interface UserListQuery {
  readonly isActive: boolean | undefined;
  /** Part of handle or email, whatever the case. */
  readonly contains: string | undefined;
  readonly after: PagePosition | undefined;
  readonly limit: number;
}

/** Reads users; no credential ever. */
export interface UserReader {
  find(id: string): Promise<UserRecord | undefined>;
  /** Newest first. */
  list(query: UserListQuery): Promise<readonly UserRecord[]>;
}

export interface NewUser {
  readonly id: string;
  readonly handle: string;
  readonly email: string | undefined;
  /** PHC string. */
  readonly passwordHash: string;
  readonly at: Date;
}

/**
 * An event of `auth_audit_log` about a user.
 * See docs/reference/identity-and-policy.md#user-administration.
 */
export interface UserEvent {
  readonly type:
    'user_created' | 'user_disabled' | 'user_reenabled' | 'password_changed' | 'password_reset';
  readonly user: Pick<UserRecord, 'id' | 'handle'>;
  /** Who did it, `user:<uuid>`. */
  readonly actor: string;
  readonly client: ClientContext;
  readonly at: Date;
}

/** Why an administrator's or user's act ended sessions, as `revoked_reason` says it. */
export type RevocationReason = 'user_disabled' | 'password_changed' | 'password_reset' | 'revoked';

/**
 * Keeps at least one active owner; parallel changes wait for each other.
 * See docs/reference/identity-and-policy.md#user-administration.
 */
export interface OwnerGuard {
  /** To be called before the change. */
  lock(): Promise<void>;
  /** True when an active user other than `system` holds the system role `owner`, directly or through an active group. */
  isAnyLeft(): Promise<boolean>;
}

/** What one transaction on users may do. */
export interface UserTransaction {
  readonly projects: ProjectStore;
  readonly audit: GatewayAuditLog;
  readonly owners: OwnerGuard;
  /** With the password; the answer says which unique value somebody else has. */
  insert(user: NewUser): Promise<UserRecord | 'handle_taken' | 'email_taken'>;
  /** The user, locked until the transaction ends: no session opens meanwhile. */
  lock(id: string): Promise<UserRecord | undefined>;
  setActive(id: string, isActive: boolean, at: Date): Promise<UserRecord>;
  setPassword(id: string, passwordHash: string, at: Date): Promise<void>;
  /** True while the user's password is the one of this hash. */
  hasPassword(id: string, passwordHash: string): Promise<boolean>;
  /** Ends every session, but for one that may be spared, with a `session_revoked` row each; says how many. */
  revokeSessions(
    id: string,
    revocation: {
      readonly reason: RevocationReason;
      /** The session that goes on. */
      readonly except?: string;
      readonly client: ClientContext;
      readonly at: Date;
    },
  ): Promise<number>;
  record(event: UserEvent): Promise<void>;
  /** True when the user holds the system role `owner`, directly or through an active group. */
  isOwner(id: string): Promise<boolean>;
  /** Keeps the answer; false when the claim was lost, and then nothing may be committed. */
  finishIdempotent(claim: IdempotencyClaim, answer: KeptAnswer): Promise<boolean>;
}

/** Runs work in one transaction; it is undone when the work rejects. */
export type TransactUsers = <T>(work: (transaction: UserTransaction) => Promise<T>) => Promise<T>;
