import type { RoleName } from '@cynodeai/contracts/gateway';
import type { RoleBindingRecord } from '../domain/identity/role-binding.ts';
import type { PagePosition } from '../domain/tasks/page-cursor.ts';
import type { GatewayAuditLog } from './audit.ts';
import type { OwnerGuard } from './users.ts';

export interface RoleBindingListQuery {
  readonly subjectType: 'user' | 'group' | undefined;
  readonly subjectId: string | undefined;
  readonly role: RoleName | undefined;
  readonly scopeType: 'system' | 'project' | undefined;
  readonly projectId: string | undefined;
  readonly after: PagePosition | undefined;
  readonly limit: number;
}

export interface RoleBindingReader {
  /** Live ones and withdrawn ones, newest first. */
  list(query: RoleBindingListQuery): Promise<readonly RoleBindingRecord[]>;
}

/** A grant that is asked for. */
export interface NewGrant {
  readonly subjectType: 'user' | 'group';
  readonly subjectId: string;
  readonly role: RoleName;
  /** Absent for scope `system`. */
  readonly projectId: string | undefined;
  /** Who grants, `user:<uuid>`. */
  readonly actor: string;
  readonly at: Date;
}

/** What a grant did; the binding of a repeated one is unchanged. */
export interface GrantOutcome {
  readonly binding: RoleBindingRecord;
  readonly isNew: boolean;
}

/** What one transaction on grants may do. */
export interface RoleBindingTransaction {
  readonly audit: GatewayAuditLog;
  readonly owners: OwnerGuard;
  /** Grants or reactivates; undefined when subject, project or role does not exist. */
  grant(grant: NewGrant): Promise<GrantOutcome | undefined>;
  /** The binding, locked until the transaction ends. */
  lock(id: string): Promise<RoleBindingRecord | undefined>;
  deactivate(id: string, actor: string, at: Date): Promise<void>;
}

/** Runs work in one transaction; it is undone when the work rejects. */
export type TransactRoleBindings = <T>(
  work: (transaction: RoleBindingTransaction) => Promise<T>,
) => Promise<T>;
