import { graphStateSchema } from '@cynodeai/contracts/agents';
import { workflowLeaseSeconds, workflowRoutes as routes } from '@cynodeai/contracts/control-plane';
import { CallError, type HttpClient, callRoute } from '@cynodeai/runtime/call';
import type { Secret } from '@cynodeai/runtime/config';
import { elapsedMs } from '@cynodeai/runtime/std';
import { LeaseLost, NotOurs, type WorkflowControl } from '../../ports/workflow.ts';

export interface WorkflowClientOptions {
  /** Of the control plane. */
  readonly baseUrl: string;
  readonly token: Secret;
  readonly client: HttpClient;
  /** Of this start of the process, and of no other. */
  readonly holderId: string;
  /** Length of a lease, seconds; 15 unless told. */
  readonly leaseSeconds?: number;
}

/** Longest wait for an answer; a third of a lease, ms. */
const timeoutMs = 5000;

/** Kinds of refusal that say who has the task. */
const notOurs = new Set(['lease_held', 'task_closed', 'not_found']);

/** Leases and checkpoints over HTTP. See docs/reference/workflow.md#calls. */
export function workflowClient(options: WorkflowClientOptions): WorkflowControl {
  const { baseUrl, token, client, holderId } = options;
  const settings = { baseUrl, client, bearer: token, timeoutMs };
  const expires_in_sec = options.leaseSeconds ?? workflowLeaseSeconds.default;
  /** A call, and how long what it was given lives from now at least: clocks of two machines are not compared. */
  const lived = async <T>(call: () => Promise<T>) => {
    const asked = elapsedMs();
    const answer = await call();
    return { answer, livesMs: expires_in_sec * 1000 - (elapsedMs() - asked) };
  };
  const fenced = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      const isLost = error instanceof CallError && error.kind === 'lease_lost';
      throw isLost ? new LeaseLost('the lease is over', { cause: error }) : error;
    }
  };
  return {
    start: async (taskId, trigger) => {
      try {
        const body = { task_id: taskId, holder_id: holderId, trigger, expires_in_sec };
        const { answer, livesMs } = await lived(() =>
          callRoute(routes.startWorkflow, { body }, settings),
        );
        const lease = answer.body;
        return {
          taskId,
          leaseId: lease.lease_id,
          runId: lease.run_id,
          contextId: lease.context_id,
          livesMs,
        };
      } catch (error) {
        const kind = error instanceof CallError ? error.kind : undefined;
        throw kind !== undefined && notOurs.has(kind) ? new NotOurs(kind, { cause: error }) : error;
      }
    },
    resume: async (taskId) => {
      try {
        const { body } = await callRoute(
          routes.resumeWorkflow,
          { body: { task_id: taskId } },
          settings,
        );
        return { state: graphStateSchema.parse(body.state), lastNode: body.last_node_id };
      } catch (error) {
        if (error instanceof CallError && error.kind === 'no_checkpoint') return undefined;
        throw error;
      }
    },
    checkpoint: async ({ taskId, leaseId }, { state, lastNode }) => {
      const body = { task_id: taskId, lease_id: leaseId, last_node_id: lastNode, state };
      await fenced(callRoute(routes.saveCheckpoint, { body }, settings));
    },
    renew: async ({ taskId, leaseId }) => {
      const body = { task_id: taskId, lease_id: leaseId, expires_in_sec };
      const { livesMs } = await lived(() =>
        fenced(callRoute(routes.renewWorkflow, { body }, settings)),
      );
      return livesMs;
    },
    release: async ({ taskId, leaseId }, outcome) => {
      const body = { task_id: taskId, lease_id: leaseId, outcome };
      await callRoute(routes.releaseWorkflow, { body }, settings);
    },
  };
}
