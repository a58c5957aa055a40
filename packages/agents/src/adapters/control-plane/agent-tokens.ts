import { workflowRoutes as routes } from '@cynodeai/contracts/control-plane';
import { type HttpClient, callRoute } from '@cynodeai/runtime/call';
import { Secret } from '@cynodeai/runtime/config';
import type { WorkflowLease } from '../../ports/workflow.ts';

export interface AgentTokensOptions {
  /** Of the control plane. */
  readonly baseUrl: string;
  readonly token: Secret;
  readonly client: HttpClient;
}

/** Tokens of agents for the tools, in memory only. See docs/reference/mcp.md#tokens. */
export interface AgentTokens {
  /** The Project Manager's; the same for all of its work while it lasts. */
  manager(): Promise<Secret>;
  /** One for an analyst of a leased task. */
  analyst(lease: WorkflowLease): Promise<Secret>;
  /** Has the next one made anew, because this one is refused. */
  forget(token: Secret): void;
}

const timeoutMs = 5000;

/** A token is used so long: a graph that begins with it is over before its end, ms. */
const usedMs = 12 * 3600_000;

export function agentTokens(
  { baseUrl, token, client }: AgentTokensOptions,
  elapsedMs: () => number,
): AgentTokens {
  const settings = { baseUrl, client, bearer: token, timeoutMs };
  let held: { readonly token: Promise<Secret>; readonly since: number } | undefined;
  let last: Secret | undefined;
  const forget = (refused: Secret): void => {
    if (last === refused) held = undefined;
  };
  const issue = async (
    body: Parameters<typeof callRoute<typeof routes.issueAgentToken>>[1]['body'],
  ): Promise<Secret> => {
    const answer = await callRoute(routes.issueAgentToken, { body }, settings);
    return new Secret(answer.body.token);
  };
  return {
    manager: async () => {
      if (held === undefined || elapsedMs() - held.since > usedMs) {
        const made = issue({ agent_type: 'project_manager', audience: 'mcp' });
        held = { token: made, since: elapsedMs() };
        made.then(
          (secret) => (last = secret),
          () => (held = undefined),
        );
      }
      return held.token;
    },
    analyst: ({ taskId, leaseId }) =>
      issue({
        agent_type: 'project_analyst',
        audience: 'mcp',
        task_id: taskId,
        lease_id: leaseId,
      }),
    forget,
  };
}
