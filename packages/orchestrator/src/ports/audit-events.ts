import type { AuditLogName } from '@cynodeai/contracts/gateway';
import type { PagePosition } from '../domain/tasks/page-cursor.ts';

/** A row of any audit log in the form that all of them have. */
export interface AuditEventRecord extends PagePosition {
  readonly log: AuditLogName;
  readonly actorId: string | undefined;
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string | undefined;
  readonly decision: 'allow' | 'deny';
}

/** What else a log tells of one of its rows. */
export interface AuditEventDetail extends AuditEventRecord {
  readonly taskId: string | undefined;
  readonly requestId: string | undefined;
  readonly reason: string | undefined;
  readonly calls: number | undefined;
}

export interface AuditEventQuery {
  readonly resourceType: string | undefined;
  readonly actorId: string | undefined;
  /** Inclusive. */
  readonly since: Date | undefined;
  /** Exclusive. */
  readonly until: Date | undefined;
  readonly after: PagePosition | undefined;
  readonly limit: number;
}

export interface AuditEventReader {
  /** Newest first. */
  list(query: AuditEventQuery): Promise<readonly AuditEventRecord[]>;
  find(id: string): Promise<AuditEventDetail | undefined>;
}
