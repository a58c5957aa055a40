import type { AgentAudience } from '../../ports/mcp.ts';
import type { LeaseRef, TransactWorkflow } from '../../ports/workflow.ts';
import {
  type AgentTokenDeps,
  type IssuedAgentToken,
  issueAgentToken,
} from '../mcp/agent-tokens.ts';
import { holds, knownTask, lostLease } from './known-task.ts';

/** For whom a runner asks: itself, or an analyst of a task that it runs. */
export type RunnerTokenRequest = { readonly audience: AgentAudience } & (
  | { readonly agent: 'project_manager' }
  | { readonly agent: 'project_analyst'; readonly lease: LeaseRef }
);

export interface TokenForRunnerDeps extends AgentTokenDeps {
  readonly transact: TransactWorkflow;
}

/**
 * Makes a token for an agent that a runner hosts. One that is asked for before the last has ended leaves that one as it
 * is, so that they can be changed without a pause. See docs/reference/mcp.md#tokens.
 * @throws OrchestratorError `task_unknown`, `lease_lost`.
 */
export async function tokenForRunner(
  request: RunnerTokenRequest,
  deps: TokenForRunnerDeps,
): Promise<IssuedAgentToken> {
  const { audience } = request;
  if (request.agent === 'project_manager') {
    return issueAgentToken(deps, { agent: request.agent, audience });
  }
  const { agent, lease } = request;
  const task = await deps.transact(async (tx) => {
    const known = await knownTask(tx, lease.taskId);
    if (!holds(await tx.readLease(known.id), lease)) throw lostLease();
    return known;
  });
  return issueAgentToken(deps, {
    agent,
    audience,
    userId: task.createdBy,
    taskId: task.id,
    projectId: task.projectId,
  });
}
