import type { NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import type { ConfigAckStatus, NodeStatus } from '../domain/nodes/node.ts';
import type { Settings } from '../domain/nodes/config-settings.ts';
import type { ClientContext } from './identity.ts';

/** A row of `nodes`, as the control-plane's use cases need it. */
export interface StoredNode {
  readonly id: string;
  readonly slug: string;
  readonly status: NodeStatus;
  readonly jwtEpoch: number;
  /** Last version acknowledged as applied. */
  readonly appliedVersion: string | undefined;
  /** Last version acknowledged in any way. */
  readonly ackedVersion: string | undefined;
  readonly desiredVersion: string | undefined;
  readonly desiredHash: string | undefined;
  readonly workerUrl: string | undefined;
  /** The operator's URL for this node. */
  readonly workerUrlOverride: string | undefined;
  /** Ciphertext of the Worker API token. */
  readonly sealedToken: string | undefined;
  readonly capabilityHash: string | undefined;
}

/** A configuration version that was served. */
export interface IssuedVersion {
  readonly version: string;
  readonly contentHash: string;
  /** Hash of URL and token; undefined when they were not carried. */
  readonly connectivityHash: string | undefined;
  readonly inferenceEnabled: boolean;
  readonly issuedAt: Date;
}

export interface ReportToStore {
  readonly report: NodeCapabilityReport;
  readonly hash: string;
  readonly at: Date;
}

export interface AckToStore {
  readonly ackStatus: ConfigAckStatus;
  readonly nodeStatus: NodeStatus;
  readonly version: string;
  readonly appliedVersion: string | undefined;
  readonly error: string | undefined;
  readonly at: Date;
}

/** An entry of `auth_audit_log` about a node. */
export type NodeAuditEntry = ClientContext & {
  /** Slug of a node that proved itself; never unproven input. */
  readonly slug: string | undefined;
  readonly reason: string;
} & (
    | { readonly event: 'node_registered'; readonly success: true }
    | { readonly event: 'node_registration_failure'; readonly success: false }
  );

/** Statements on nodes inside one transaction; the node's row stays locked once read with a lock. */
export interface NodeTransaction {
  /** Creates the node, or resets a known one: acknowledgement cleared, epoch raised, status `registered`. Locks it. */
  registerSlug(
    slug: string,
    at: Date,
  ): Promise<{ readonly node: StoredNode; readonly created: boolean }>;
  /** The node, locked, or undefined. */
  lock(nodeId: string): Promise<StoredNode | undefined>;
  count(): Promise<number>;
  readReport(nodeId: string): Promise<NodeCapabilityReport | undefined>;
  /** Stores the full report and refreshes what is derived from it: times, name, labels, models. */
  saveReport(nodeId: string, report: ReportToStore): Promise<void>;
  setConnectivity(
    nodeId: string,
    values: { readonly workerUrl: string | undefined; readonly sealedToken: string },
  ): Promise<void>;
  findVersion(nodeId: string, version: string): Promise<IssuedVersion | undefined>;
  /** Stores a version as the desired one and drops rows beyond the newest 100 and the applied one. */
  issueVersion(nodeId: string, version: IssuedVersion): Promise<void>;
  saveAck(nodeId: string, ack: AckToStore): Promise<void>;
  /** Values of the given settings; missing ones are absent. */
  settings(keys: readonly string[]): Promise<Settings>;
  audit(entry: NodeAuditEntry): Promise<void>;
}

/** The registry of nodes. */
export interface NodeRegistry {
  transaction<T>(work: (tx: NodeTransaction) => Promise<T>): Promise<T>;
  /**
   * Notes that a node called with a valid token of `epoch`; undefined when there is no such node,
   * `false` when the token is of an older epoch. Contact makes an inactive node active again whose last word on its
   * configuration was `applied`.
   */
  noteHeartbeat(nodeId: string, epoch: number): Promise<boolean | undefined>;
  /** Ids of all nodes, by slug. */
  ids(): Promise<readonly string[]>;
  /** Failures are counted rather than written one by one. */
  audit(entry: NodeAuditEntry): Promise<void>;
}

/** Heartbeats of nodes: every call and every report is one. */
export interface NodeHeartbeats {
  /** Marks active nodes `inactive` that were silent for longer than the setting allows; answers with their slugs. */
  deactivateSilent(): Promise<readonly string[]>;
}
