import type { ToolAgent } from '@cynodeai/contracts/mcp';
import type { ActiveUser } from '../identity/active-user.ts';
import type { UserAgent } from '../identity/actor.ts';

/** What an agent is bound to: by its token, or for a Project Manager by the run it was handed. */
export interface AgentBinding {
  readonly taskId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly jobId?: string | undefined;
  readonly runId?: string | undefined;
}

/** An agent at the gateway, as the database knows it at the moment of the call. See docs/reference/mcp.md#tokens. */
export interface AgentCaller {
  readonly tokenId: string;
  readonly agent: ToolAgent;
  /** In whose name it works; absent for a Project Manager without a run context. */
  readonly user: ActiveUser | undefined;
  readonly bound: AgentBinding;
  /** The run context it named. */
  readonly contextId: string | undefined;
}

/** The agent as use cases know whoever acts: with its user's rights and no others. */
export function actorOf(caller: AgentCaller, user: ActiveUser): UserAgent {
  const { taskId, jobId, runId } = caller.bound;
  return { ...user, kind: 'agent', agentType: caller.agent, taskId, jobId, runId };
}
