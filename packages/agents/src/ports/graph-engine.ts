import type { GraphState } from '@cynodeai/contracts/agents';
import type { WorkflowNode } from '@cynodeai/contracts/control-plane';
import type { KeptState } from './workflow.ts';

/** Does the work of one node: from the state before it to the state behind it. */
export type RunNode = (
  node: WorkflowNode,
  state: GraphState,
  signal: AbortSignal,
) => Promise<GraphState>;

export interface GraphRun {
  readonly taskId: string;
  readonly runNode: RunNode;
  /** Keeps the state behind a node; the next node begins once it has. */
  readonly keep: (kept: KeptState) => Promise<void>;
  /** Where an earlier run stopped; undefined to begin. */
  readonly from: KeptState | undefined;
  readonly signal: AbortSignal;
}

/** Walks a graph to its end. @throws what a node or a keeping threw, and when the signal fires */
export interface GraphEngine {
  run(run: GraphRun): Promise<KeptState>;
}
