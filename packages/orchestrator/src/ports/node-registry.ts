import type { NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import type { ConfigAckStatus, NodeStatus } from '../domain/nodes/node.ts';
import type { Settings } from '../domain/nodes/config-settings.ts';
import type { KnownIdentity, RegistrationRefusal } from '../domain/nodes/registration.ts';
import type { ClientContext } from './identity.ts';
import type { JoinRefusal } from './join-tokens.ts';

/** A row of `nodes`, as the control-plane's use cases need it. */
export interface StoredNode {
  readonly id: string;
  readonly slug: string;
  readonly status: NodeStatus;
  readonly jwtEpoch: number;
  readonly identity: Omit<KnownIdentity, 'epoch'>;
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

/** A registration as `auth_audit_log` tells it. */
export interface NodeAuditEntry {
  readonly slug: string;
  /** How it came to be admitted. */
  readonly reason: string;
  readonly client: ClientContext;
}

/** How a known node is registered anew. */
export interface Readmission {
  /** Its identity from now on. */
  readonly publicKey: string | undefined;
  /** The identity is another one than before. */
  readonly settles: boolean;
  /** It came by an administrator's word, which is good for once. */
  readonly spendsAllowance: boolean;
  readonly at: Date;
}

/** A registration that nobody proved to be entitled to. */
export interface RefusedRegistration {
  /** Slug of a known node; undefined when the pre-shared key was wrong: never unproven input. */
  readonly slug: string | undefined;
  readonly reason: RegistrationRefusal | JoinRefusal | 'wrong_psk';
  readonly client: ClientContext;
}

/** Statements on nodes inside one transaction; the node's row stays locked once read with a lock. */
export interface NodeTransaction {
  /** Creates a node and locks it; undefined when the slug is known. */
  create(slug: string, publicKey: string | undefined, at: Date): Promise<StoredNode | undefined>;
  /** The node of a known slug, locked. */
  lockSlug(slug: string): Promise<StoredNode>;
  /** Resets a locked node: acknowledgement and Worker token cleared, epoch raised, status `registered`. */
  readmit(nodeId: string, readmission: Readmission): Promise<StoredNode>;
  /** Keeps with a locked node that a registration under its slug was refused, once a minute. */
  noteRefusal(nodeId: string, from: ClientContext): Promise<void>;
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
  /** Counts a refused registration in the audit log, beside those like it. */
  countRefusal(refused: RefusedRegistration): void;
}

/** Heartbeats of nodes: every call and every report is one. */
export interface NodeHeartbeats {
  /** Marks active nodes `inactive` that were silent for longer than the setting allows; answers with their slugs. */
  deactivateSilent(): Promise<readonly string[]>;
}
