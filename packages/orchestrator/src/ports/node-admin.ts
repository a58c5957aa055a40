import type { NodeRecord } from '../domain/nodes/node-record.ts';
import type { GatewayAuditLog } from './audit.ts';
import type { NewJoinToken } from './join-tokens.ts';

/** Nodes as people see them. */
export interface NodeReader {
  /** By slug, from the one after `after`. */
  list(query: {
    readonly after: string | undefined;
    readonly limit: number;
  }): Promise<readonly NodeRecord[]>;
  /** By id or slug; an id comes first. */
  find(idOrSlug: string): Promise<NodeRecord | undefined>;
}

/** What one transaction on nodes may do. */
export interface NodeAdminTransaction {
  readonly audit: GatewayAuditLog;
  /** Lets another identity take a node's place once, until then; undefined without such a node. */
  allowReregister(
    idOrSlug: string,
    until: Date,
  ): Promise<{ readonly nodeId: string; readonly slug: string } | undefined>;
  keepJoinToken(token: NewJoinToken): Promise<void>;
}

/** Runs work in one transaction; it is undone when the work rejects. */
export type TransactNodes = <T>(
  work: (transaction: NodeAdminTransaction) => Promise<T>,
) => Promise<T>;
