import type { Kysely } from 'kysely';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { Nodes } from '../../../ports/nodes.ts';
import type { Database } from '../tables.ts';
import { deactivateNode } from './deactivate-node.ts';
import { readDispatchNodes } from './read-dispatch-nodes.ts';

/** The nodes work is sent to, in PostgreSQL. */
export function postgresNodes(db: Kysely<Database>, vault: Pick<NodeTokenVault, 'open'>): Nodes {
  return {
    all: () => readDispatchNodes(db, vault),
    deactivate: (nodeId, reason) => deactivateNode(db, nodeId, reason),
  };
}
