import type { WorkflowNode, WorkflowState } from '@cynodeai/contracts/control-plane';
import type { CreatedAt, Id, Jsonb, UpdatedAt } from './columns.ts';

/** One row per task, upserted. See docs/reference/workflow.md#state. */
export interface WorkflowCheckpointsTable {
  id: Id;
  task_id: string;
  state: Jsonb<WorkflowState>;
  last_node_id: WorkflowNode;
  updated_at: UpdatedAt;
}

/** One row per task; a null holder is a lease that was given back. See docs/reference/workflow.md#lease. */
export interface TaskWorkflowLeasesTable {
  id: Id;
  task_id: string;
  lease_id: string;
  holder_id: string | null;
  expires_at: Date | null;
  run_id: string | null;
  idempotency_key: string | null;
  created_at: CreatedAt;
  updated_at: UpdatedAt;
}

/** For whom an agent acts; a row of a workflow goes with its lease. */
export interface AgentRunContextsTable {
  id: Id;
  user_id: string;
  project_id: string | null;
  task_id: string | null;
  run_id: string | null;
  lease_id: string | null;
  thread_id: string | null;
  expires_at: Date;
  created_at: CreatedAt;
}
