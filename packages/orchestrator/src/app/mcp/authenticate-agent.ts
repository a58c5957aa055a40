import { uuidSchema } from '@cynodeai/contracts/common';
import type { Clock } from '@cynodeai/runtime/std';
import { OrchestratorError } from '../../domain/errors.ts';
import type { AgentCaller } from '../../domain/mcp/agent-caller.ts';
import { type SessionUse, judgeSession } from '../../domain/mcp/judge-session.ts';
import type {
  AgentTokenSecrets,
  AgentTokens,
  McpSession,
  McpSessionIds,
  McpSessions,
} from '../../ports/mcp.ts';

export interface AuthenticateAgentDeps {
  readonly tokens: Pick<AgentTokens, 'find'>;
  readonly secrets: Pick<AgentTokenSecrets, 'hash'>;
  readonly sessionIds: McpSessionIds;
  readonly sessions: Pick<McpSessions, 'touch'>;
  readonly clock: Clock;
}

/** With what an agent comes, as its headers say it. */
export interface AgentHeaders {
  /** Of `Authorization: Bearer`. */
  readonly token: string | undefined;
  readonly contextId: string | undefined;
  readonly sessionId: string | undefined;
}

/** Who calls, and in which session if it named one. */
export interface AuthenticatedAgent {
  readonly caller: AgentCaller;
  readonly session: SessionUse;
}

const maxTokenChars = 256;

function refuse(): never {
  throw new OrchestratorError(
    'agent_token_invalid',
    'the token is missing, unknown, expired or revoked; ask for another one',
  );
}

/**
 * Knows an agent by its token, in one statement with its user, its run context and its session.
 * See docs/reference/mcp.md#tokens.
 * @throws OrchestratorError `agent_token_invalid`.
 */
export async function authenticateAgent(
  deps: AuthenticateAgentDeps,
  headers: AgentHeaders,
): Promise<AuthenticatedAgent> {
  const { token } = headers;
  if (token === undefined || token.length > maxTokenChars) return refuse();
  const now = deps.clock.now();
  const session: McpSession | undefined =
    headers.sessionId === undefined ? undefined : deps.sessionIds.read(headers.sessionId);
  const found = await deps.tokens.find(
    {
      hash: deps.secrets.hash(token),
      audience: 'mcp',
      contextId: uuidSchema.safeParse(headers.contextId).data,
      sessionId: session?.sessionId,
    },
    now,
  );
  if (found === undefined) return refuse();
  const { tokenId } = found.caller;
  const use = judgeSession(
    { isNamed: headers.sessionId !== undefined, session, tokenId },
    found.session,
    now,
  );
  if (use.kind === 'live' && use.isStale) await deps.sessions.touch(use.sessionId, tokenId, now);
  return { caller: found.caller, session: use };
}
