import { type McpTool, type ScopedId, scopedIdsOf } from '@cynodeai/contracts/mcp';
import { canCancelTask, canReadTask } from '../identity/task-access.ts';
import type { AgentCaller } from './agent-caller.ts';

/** Ids of a call. */
export type GivenIds = Partial<Readonly<Record<ScopedId, string>>>;

/** What the ids of a call name; absent: nothing. */
export interface FoundIds {
  readonly task?: {
    readonly id: string;
    readonly projectId: string | undefined;
    readonly createdBy: string;
  };
  /** The task a job or run belongs to. */
  readonly jobTaskId?: string;
  readonly runTaskId?: string;
}

/** What a call is about, once it is known to be the caller's to ask for. */
export interface CallScope {
  readonly taskId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly jobId?: string | undefined;
  readonly runId?: string | undefined;
}

export type ScopeVerdict =
  | { readonly kind: 'fits'; readonly scope: CallScope }
  | { readonly kind: 'refused'; readonly type: 'context_missing' | 'context_mismatch' };

/** The ids a tool takes, of arguments that were checked by its schema: what that does not name was not. */
export function idsOf(
  tool: Pick<McpTool, 'input' | 'makes'>,
  args: Readonly<Record<string, unknown>>,
): GivenIds {
  const given = Object.keys(scopedIdsOf(tool)).flatMap((id) => {
    const value = args[id];
    return typeof value === 'string' ? [[id, value] as const] : [];
  });
  return Object.fromEntries(given);
}

/**
 * Whether the task is one the agent works on: the one it is bound to, or in a chat one that its user may see, and where
 * the call changes something one that its user may end.
 */
function isOurs(
  { agent, bound, user }: AgentCaller,
  task: NonNullable<FoundIds['task']>,
  changes: boolean,
): boolean {
  if (bound.taskId !== undefined || agent !== 'project_manager') return task.id === bound.taskId;
  if (user === undefined) return false;
  return changes ? canCancelTask(user, task) : canReadTask(user, task);
}

function hasContext({ agent, bound, user }: AgentCaller): boolean {
  if (user === undefined) return false;
  if (agent === 'project_manager') return true;
  return bound.taskId !== undefined && (agent !== 'sandbox' || bound.jobId !== undefined);
}

/**
 * Holds the ids of a call against what its caller is bound to. What does not exist and what is somebody else's are told
 * apart for nobody. See docs/reference/mcp.md#scoped-ids.
 * @param changes the tool changes something
 */
export function judgeScope(
  caller: AgentCaller,
  ids: GivenIds,
  { task, jobTaskId, runTaskId }: FoundIds,
  changes: boolean,
): ScopeVerdict {
  const { bound } = caller;
  if (Object.keys(ids).length === 0) return { kind: 'fits', scope: { ...bound } };
  if (!hasContext(caller)) return { kind: 'refused', type: 'context_missing' };
  const mismatch = { kind: 'refused', type: 'context_mismatch' } as const;
  if (task === undefined || !isOurs(caller, task, changes)) return mismatch;
  if (ids.task_id !== undefined && ids.task_id !== task.id) return mismatch;
  if (ids.job_id !== undefined && jobTaskId !== task.id) return mismatch;
  if (ids.run_id !== undefined && runTaskId !== task.id) return mismatch;
  const isOtherJob = ids.job_id !== undefined && ids.job_id !== bound.jobId;
  if (caller.agent === 'sandbox' && isOtherJob) return mismatch;
  return {
    kind: 'fits',
    scope: {
      taskId: task.id,
      projectId: task.projectId,
      jobId: ids.job_id ?? bound.jobId,
      runId: ids.run_id ?? bound.runId,
    },
  };
}
