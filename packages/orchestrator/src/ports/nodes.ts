import type { NodeFacts } from '../domain/dispatch/node-facts.ts';

/** How to call a node's Worker API. The token must not reach a log or an error. */
export interface NodeConnection {
  readonly nodeId: string;
  readonly slug: string;
  readonly url: string;
  readonly token: string;
  /** The one certificate its Worker API shows, PEM, where it told one; absent: what the system trusts. */
  readonly certificate?: string | undefined;
}

/** A node with what is needed to judge and to call it; no connection when a part of it is missing. */
export interface DispatchNode {
  readonly facts: NodeFacts;
  readonly connection: NodeConnection | undefined;
}

/** The nodes work is sent to. */
export interface Nodes {
  /** What scheduling knows of every node, and how each is called. */
  all(): Promise<readonly DispatchNode[]>;
  /** A node refused the given token: no more work for it until it is heard of again. */
  deactivate(nodeId: string, reason: string): Promise<void>;
}
