import { workflowRoutes as routes } from '@cynodeai/contracts/control-plane';
import type { Secret } from '@cynodeai/runtime/config';
import { type HttpServer, bindRoute, hasBearer } from '@cynodeai/runtime/http';
import type { FastifyRequest } from 'fastify';
import {
  type KeepWorkflowDeps,
  releaseWorkflow,
  renewWorkflow,
  resumeWorkflow,
  saveCheckpoint,
} from '../../../../app/workflow/keep-workflow.ts';
import { type StartWorkflowDeps, startWorkflow } from '../../../../app/workflow/start-workflow.ts';
import {
  type TokenForRunnerDeps,
  tokenForRunner,
} from '../../../../app/workflow/token-for-runner.ts';
import { OrchestratorError } from '../../../../domain/errors.ts';

export interface WorkflowRouteDeps extends StartWorkflowDeps, KeepWorkflowDeps, TokenForRunnerDeps {
  /** Of what runs workflows. */
  readonly token: Secret;
}

function guardOf({ token }: WorkflowRouteDeps) {
  return async (request: FastifyRequest): Promise<void> => {
    if (hasBearer(request, token)) return;
    throw new OrchestratorError(
      'runner_token_wrong',
      'this is not the token of what runs workflows',
    );
  };
}

const refOf = (body: { readonly task_id: string; readonly lease_id: string }) => ({
  taskId: body.task_id,
  leaseId: body.lease_id,
});

/** The calls of what runs workflows. See docs/reference/workflow.md#calls. */
export function bindWorkflow(server: HttpServer, deps: WorkflowRouteDeps): void {
  const guard = guardOf(deps);
  bindRoute(server, routes.startWorkflow, {
    guard,
    handle: async ({ body }) => {
      const request = {
        taskId: body.task_id,
        holderId: body.holder_id,
        idempotencyKey: body.idempotency_key,
        seconds: body.expires_in_sec,
        trigger: body.trigger,
      };
      const { status, runId, leaseId, expiresAt, contextId } = await startWorkflow(request, deps);
      return {
        status: 200,
        body: {
          run_id: runId,
          status,
          lease_id: leaseId,
          expires_at: expiresAt.toISOString(),
          context_id: contextId,
        },
      };
    },
  });
  bindRoute(server, routes.resumeWorkflow, {
    guard,
    handle: async ({ body }) => {
      const { state, lastNodeId, updatedAt } = await resumeWorkflow(body.task_id, deps);
      return {
        status: 200,
        body: {
          task_id: body.task_id,
          state,
          last_node_id: lastNodeId,
          updated_at: updatedAt.toISOString(),
        },
      };
    },
  });
  bindRoute(server, routes.saveCheckpoint, {
    guard,
    handle: async ({ body }) => {
      await saveCheckpoint(refOf(body), { lastNodeId: body.last_node_id, state: body.state }, deps);
      return { status: 204 };
    },
  });
  bindRoute(server, routes.renewWorkflow, {
    guard,
    handle: async ({ body }) => {
      const expiresAt = await renewWorkflow(refOf(body), body.expires_in_sec, deps);
      return { status: 200, body: { expires_at: expiresAt.toISOString() } };
    },
  });
  bindRoute(server, routes.issueAgentToken, {
    guard,
    handle: async ({ body }) => {
      const { token, expiresAt } = await tokenForRunner(
        body.agent_type === 'project_manager'
          ? { agent: body.agent_type, audience: body.audience }
          : { agent: body.agent_type, audience: body.audience, lease: refOf(body) },
        deps,
      );
      return { status: 201, body: { token, expires_at: expiresAt.toISOString() } };
    },
  });
  bindRoute(server, routes.releaseWorkflow, {
    guard,
    handle: async ({ body }) => {
      await releaseWorkflow(refOf(body), body.outcome, deps);
      return { status: 204 };
    },
  });
}
