import { uuidSchema } from '@cynodeai/contracts/common';
import type { AgentCall } from '@cynodeai/contracts/control-plane';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { AgentCaller } from '../../domain/mcp/agent-caller.ts';
import type { AgentTokenSecrets, AgentTokens } from '../../ports/mcp.ts';
import type { RoutingReader, RoutingSubject } from '../../ports/routing.ts';

/** Who asks a model: what runs workflows, which says for whom, or one of its agents. */
export type InferenceCaller =
  { readonly kind: 'runner' } | { readonly kind: 'agent'; readonly agent: AgentCaller };

export interface FindInferenceAgentDeps {
  readonly tokens: Pick<AgentTokens, 'find'>;
  readonly secrets: Pick<AgentTokenSecrets, 'hash'>;
  readonly clock: Clock;
}

const maxTokenChars = 256;

/** The agent of a token for models; undefined where it is none that is good. See docs/reference/mcp.md#tokens. */
export async function findInferenceAgent(
  given: { readonly token: string; readonly contextId: string | undefined },
  { tokens, secrets, clock }: FindInferenceAgentDeps,
): Promise<InferenceCaller | undefined> {
  if (given.token.length > maxTokenChars) return undefined;
  const credentials = {
    hash: secrets.hash(given.token),
    audience: 'inference',
    contextId: uuidSchema.safeParse(given.contextId).data,
    sessionId: undefined,
  } as const;
  const found = await tokens.find(credentials, clock.now());
  return found && { kind: 'agent', agent: found.caller };
}

function forbidden(message: string): OrchestratorError {
  return new OrchestratorError('forbidden', message);
}

/** The request as its caller may make it: an agent asks for itself and for its own work. */
function claimOf(routing: AgentCall['routing'], caller: InferenceCaller): AgentCall['routing'] {
  if (caller.kind === 'runner') return routing;
  const { agent, bound } = caller.agent;
  if (agent === 'sandbox') {
    throw forbidden('an agent of a sandbox asks the model of its own job');
  }
  if (routing.agent !== agent) throw forbidden('routing.agent is not the agent of this token');
  const { taskId = routing.task_id } = bound;
  if (routing.task_id !== undefined && routing.task_id !== taskId) {
    throw forbidden('routing.task_id is not the task of this token');
  }
  return { ...routing, ...(taskId !== undefined && { task_id: taskId }) };
}

/**
 * Whom a call is made for.
 * @throws OrchestratorError `forbidden`, `task_unknown`
 */
export async function inferenceSubject(
  routing: AgentCall['routing'],
  caller: InferenceCaller,
  reader: Pick<RoutingReader, 'subjectOf'>,
): Promise<{ readonly routing: AgentCall['routing']; readonly subject: RoutingSubject }> {
  const claimed = claimOf(routing, caller);
  if (claimed.task_id === undefined) return { routing: claimed, subject: {} };
  const subject = await reader.subjectOf(claimed.task_id);
  if (subject === undefined) {
    throw new OrchestratorError('task_unknown', 'there is no such task');
  }
  const runId = caller.kind === 'agent' ? caller.agent.bound.runId : undefined;
  return { routing: claimed, subject: { ...subject, ...(runId !== undefined && { runId }) } };
}
