import type { GraphState } from '@cynodeai/contracts/agents';
import type { WorkflowNode } from '@cynodeai/contracts/control-plane';
import type { WorkflowTrigger } from '@cynodeai/contracts/common';

/** A lease of a task, as the control plane gave it. */
export interface WorkflowLease {
  readonly taskId: string;
  readonly leaseId: string;
  readonly runId: string;
  /** For whom the graph acts. */
  readonly contextId: string;
  /** So long it lives from when it was given, ms. */
  readonly livesMs: number;
}

export interface KeptState {
  readonly state: GraphState;
  readonly lastNode: WorkflowNode;
}

export type ReleaseOutcome = 'completed' | 'failed' | 'canceled' | 'yielded';

/** A lease that somebody else has, or a task that takes none: nothing is to be done. */
export class NotOurs extends Error {}

/** A lease that is over: nothing more may be written. */
export class LeaseLost extends Error {}

/** Leases and checkpoints, kept by the control plane. */
export interface WorkflowControl {
  /** @throws NotOurs */
  start(taskId: string, trigger: WorkflowTrigger): Promise<WorkflowLease>;
  /** Undefined where the graph begins at its first node. */
  resume(taskId: string): Promise<KeptState | undefined>;
  /** @throws LeaseLost */
  checkpoint(lease: WorkflowLease, kept: KeptState): Promise<void>;
  /** How long it lives from now, ms. @throws LeaseLost */
  renew(lease: WorkflowLease): Promise<number>;
  release(lease: WorkflowLease, outcome: ReleaseOutcome): Promise<void>;
}
