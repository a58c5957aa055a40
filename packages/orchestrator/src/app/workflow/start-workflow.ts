import type { WorkflowTrigger } from '@cynodeai/contracts/common';
import { OrchestratorError } from '../../domain/errors.ts';
import { type StoredLease, decideStart } from '../../domain/workflow/start-decision.ts';
import type { TransactWorkflow, WorkflowTransaction } from '../../ports/workflow.ts';
import { closedTask, knownTask } from './known-task.ts';

export interface StartWorkflow {
  readonly taskId: string;
  readonly holderId: string;
  readonly idempotencyKey: string | undefined;
  /** Length of the lease, seconds; the setting's unless told. */
  readonly seconds: number | undefined;
  readonly trigger: WorkflowTrigger | undefined;
}

export interface StartedWorkflow {
  readonly status: 'started' | 'already_running';
  readonly runId: string;
  readonly leaseId: string;
  readonly expiresAt: Date;
  readonly contextId: string;
}

export interface StartWorkflowDeps {
  readonly transact: TransactWorkflow;
  readonly newId: () => string;
}

function held(until: Date | undefined): never {
  const when = until === undefined ? '' : ` until ${until.toISOString()}`;
  throw new OrchestratorError('lease_held', `another holder runs this task${when}`);
}

async function again(tx: WorkflowTransaction, lease: StoredLease): Promise<StartedWorkflow> {
  const contextId = await tx.contextOf(lease.leaseId);
  const { runId, leaseId, expiresAt } = lease;
  // A living lease always has them; without, nobody could go on with it.
  if (contextId === undefined || runId === undefined || expiresAt === undefined) held(expiresAt);
  return { status: 'already_running', runId, leaseId, expiresAt, contextId };
}

/**
 * Takes the lease of a task's workflow, or tells a holder again of its own.
 * See docs/reference/workflow.md#lease.
 * @throws OrchestratorError `task_unknown`, `workflow_closed`, `lease_held`.
 */
export async function startWorkflow(
  request: StartWorkflow,
  { transact, newId }: StartWorkflowDeps,
): Promise<StartedWorkflow> {
  const started = await transact(async (tx) => {
    const task = await knownTask(tx, request.taskId);
    if (task.closed) throw closedTask();
    const decision = decideStart(task, await tx.readLease(task.id), request);
    switch (decision.kind) {
      case 'again':
        return again(tx, decision.lease);
      case 'held':
        return held(decision.until);
      case 'stuck': {
        const message = `its workflow was taken over ${decision.takeovers} times without getting further`;
        await tx.failTask(task.id, { code: 'workflow_stuck', message });
        return undefined;
      }
      case 'take': {
        const { kind: _kind, ...course } = decision;
        const ids = { leaseId: newId(), runId: newId(), contextId: newId() };
        const settings = await tx.settings();
        const expiresAt = await tx.take({
          ...course,
          ...ids,
          task,
          holderId: request.holderId,
          idempotencyKey: request.idempotencyKey,
          trigger: request.trigger,
          seconds: request.seconds ?? settings.ttlSeconds,
          contextSeconds: settings.maxWallSeconds,
        });
        return expiresAt === undefined
          ? held(undefined)
          : { status: 'started' as const, ...ids, expiresAt };
      }
    }
  });
  if (started === undefined) throw closedTask();
  return started;
}
