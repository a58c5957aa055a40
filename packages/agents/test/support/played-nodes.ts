import type { GraphState } from '@cynodeai/contracts/agents';
import type { WorkflowNode } from '@cynodeai/contracts/control-plane';

export const taskId = '018f0000-0000-7000-8000-000000000001';

const step = {
  title: 'A step',
  kind: 'sandbox_command' as const,
  command: ['true'],
  timeout_seconds: 300,
  inputs: [],
  network_policy: 'none' as const,
  use_inference: false,
  expected_outputs: [{ description: 'it ends', exit_code: 0 }],
  evidence: ['its exit code'],
};

const jobOf = (index: number, attempt: number): string =>
  `018f0000-0000-7000-8000-0000000${String(index).padStart(3, '0')}${String(attempt).padStart(2, '0')}`;

/** Nodes that do no work: a plan of so many steps, each of which fails so often before it passes. */
export function playedNodes({
  steps,
  failures,
}: {
  readonly steps: number;
  readonly failures: number;
}) {
  return (node: WorkflowNode, state: GraphState): GraphState => {
    const index = state.current_step_index ?? 0;
    const key = String(index);
    const attempt = state.attempts_by_step?.[key] ?? 0;
    switch (node) {
      case 'plan_steps': {
        const made = Array.from({ length: steps }, (_none, at) => ({
          ...step,
          step_id: `s-${at}`,
        }));
        return { ...state, plan: { steps: made, assumptions: [] }, current_step_index: 0 };
      }
      case 'dispatch_step':
        return {
          ...state,
          attempts_by_step: { ...state.attempts_by_step, [key]: attempt + 1 },
          job_ids_by_step: { ...state.job_ids_by_step, [key]: jobOf(index, attempt + 1) },
        };
      case 'verify_step_result': {
        const status = attempt > failures ? ('pass' as const) : ('fail' as const);
        const verification = { status, findings: [], recommended_actions: [] };
        const next = status === 'pass' ? index + 1 : index;
        return { ...state, verification, current_step_index: next };
      }
      case 'load_task_context':
      case 'collect_result':
      case 'finalize_summary':
      case 'mark_failed':
        return { ...state, [`saw_${node}`]: true };
    }
  };
}
