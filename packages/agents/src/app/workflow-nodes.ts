import type { AgentTask } from '@cynodeai/contracts/mcp';
import type { WorkflowNode } from '@cynodeai/contracts/control-plane';
import type { RunNode } from '../ports/graph-engine.ts';
import { ToolFailure, type Tools } from '../ports/tools.ts';
import type { WorkflowLease } from '../ports/workflow.ts';
import { AnalystPlaces } from './analyst-places.ts';
import type { NodeDeps, NodeWork } from './node-scene.ts';
import { collectResult } from './nodes/collect-result.ts';
import { dispatchStep } from './nodes/dispatch-step.ts';
import { finalizeSummary } from './nodes/finalize-summary.ts';
import { loadTaskContext } from './nodes/load-task-context.ts';
import { markFailed } from './nodes/mark-failed.ts';
import { planSteps } from './nodes/plan-steps.ts';
import { verifyStepResult } from './nodes/verify-step-result.ts';
import { openTask } from './open-task.ts';
import { patientTools } from './patient-tools.ts';
import { WorkflowFailure } from './workflow-failure.ts';

export interface WorkflowNodesDeps extends Omit<NodeDeps, 'places'> {
  /** The Project Manager's tools for the work under a lease: with its token and the lease's context. */
  readonly toolsOf: (lease: WorkflowLease) => Tools;
}

const work: Readonly<Record<WorkflowNode, NodeWork>> = {
  load_task_context: loadTaskContext,
  plan_steps: planSteps,
  dispatch_step: dispatchStep,
  collect_result: collectResult,
  verify_step_result: verifyStepResult,
  finalize_summary: finalizeSummary,
  mark_failed: markFailed,
};

/** How a task ends by a node of its own graph. */
const ownEnds: Readonly<Partial<Record<WorkflowNode, AgentTask['status']>>> = {
  finalize_summary: 'completed',
  mark_failed: 'failed',
};

/**
 * What the nodes of graphs do, for every lease of this process. A node that can do no more leads to the end of its task
 * with the reason; a task that somebody else ended ends its graph. See docs/reference/workflow.md#graph.
 */
export function workflowNodes(shared: WorkflowNodesDeps): (lease: WorkflowLease) => RunNode {
  const deps: NodeDeps = { ...shared, places: new AnalystPlaces() };
  return (lease) => {
    const tools = patientTools(shared.toolsOf(lease), deps.sleep);
    return async (node, state, signal) => {
      const end = ownEnds[node];
      const open = (): Promise<AgentTask> => openTask(tools, lease.taskId, signal, end);
      try {
        const task = await open();
        return await work[node]({ deps, lease, tools, state, task, signal });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof WorkflowFailure) {
          const { code, message } = error;
          deps.log.warn('a task cannot be done', { task_id: lease.taskId, node, code });
          return { ...state, failure: { code, message } };
        }
        // A call that was refused because the task has ended meanwhile.
        if (error instanceof ToolFailure) await open();
        throw error;
      }
    };
  };
}
