import type { GraphState } from '@cynodeai/contracts/agents';
import type { WorkflowNode } from '@cynodeai/contracts/control-plane';

/** Bounds of one task. See docs/reference/workflow.md#bounds. */
export interface Bounds {
  readonly maxSteps: number;
  /** The first try included. */
  readonly maxAttempts: number;
  readonly maxJobs: number;
  readonly maxWallSeconds: number;
}

export type NextNode = WorkflowNode | 'end';

/** Where a graph goes from the present step of its plan. */
function toStep({ plan, current_step_index: index = 0 }: GraphState): NextNode {
  return index < (plan?.steps.length ?? 0) ? 'dispatch_step' : 'finalize_summary';
}

function afterVerification(
  state: GraphState,
  { maxAttempts }: Pick<Bounds, 'maxAttempts'>,
): NextNode {
  if (state.verification?.status === 'pass') return toStep(state);
  const attempts = state.attempts_by_step?.[String(state.current_step_index ?? 0)] ?? 0;
  return attempts < maxAttempts ? 'dispatch_step' : 'mark_failed';
}

/**
 * The node behind the last one, the same for a graph that goes on and for one that is resumed: there is no other way
 * through the graph. A failure that a node has noted leads to its end. See docs/reference/workflow.md#graph.
 */
export function nextNode(
  last: WorkflowNode | undefined,
  state: GraphState,
  bounds: Pick<Bounds, 'maxAttempts'>,
): NextNode {
  if (last === 'finalize_summary' || last === 'mark_failed') return 'end';
  if (state.failure !== undefined) return 'mark_failed';
  switch (last) {
    case undefined:
      return 'load_task_context';
    case 'load_task_context':
      return 'plan_steps';
    case 'plan_steps':
      return toStep(state);
    case 'dispatch_step':
      return 'collect_result';
    case 'collect_result':
      return 'verify_step_result';
    case 'verify_step_result':
      return afterVerification(state, bounds);
  }
}
