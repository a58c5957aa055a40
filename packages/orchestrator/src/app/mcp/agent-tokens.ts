import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import type { AgentAudience, AgentTokenSecrets, AgentTokens } from '../../ports/mcp.ts';

/** What a token is for; a Project Manager is bound to nobody, the others to their work. */
export type AgentTokenRequest = { readonly audience: AgentAudience } & (
  | { readonly agent: 'project_manager' }
  | {
      readonly agent: 'project_analyst';
      readonly userId: string;
      readonly taskId: string;
      readonly projectId: string | undefined;
    }
  | {
      readonly agent: 'sandbox';
      readonly userId: string;
      readonly taskId: string;
      readonly projectId: string | undefined;
      readonly jobId: string;
      /** When the job ends at the latest. */
      readonly deadline: Date;
    }
);

export interface IssuedAgentToken {
  readonly id: string;
  /** Told once; only its hash is kept. */
  readonly token: string;
  readonly expiresAt: Date;
}

export interface AgentTokenDeps {
  readonly tokens: AgentTokens;
  readonly secrets: AgentTokenSecrets;
  readonly clock: Clock;
}

const hourMs = 3_600_000;
const managerMs = 24 * hourMs;
const analystMs = 4 * hourMs;
/** What a job's token outlives its deadline by, so that its last words come through. */
const afterDeadlineMs = 5 * 60_000;

function endOf(request: AgentTokenRequest, now: Date): Date {
  switch (request.agent) {
    case 'project_manager':
      return new Date(now.getTime() + managerMs);
    case 'project_analyst':
      return new Date(now.getTime() + analystMs);
    case 'sandbox':
      return new Date(request.deadline.getTime() + afterDeadlineMs);
  }
}

/** Makes a token for an agent. See docs/reference/mcp.md#tokens. */
export async function issueAgentToken(
  { tokens, secrets, clock }: AgentTokenDeps,
  request: AgentTokenRequest,
): Promise<IssuedAgentToken> {
  const at = clock.now();
  const { token, hash } = secrets.make();
  const id = uuidv7(at.getTime());
  const expiresAt = endOf(request, at);
  const isBound = request.agent !== 'project_manager';
  await tokens.issue({
    id,
    hash,
    audience: request.audience,
    agent: request.agent,
    userId: isBound ? request.userId : undefined,
    projectId: isBound ? request.projectId : undefined,
    taskId: isBound ? request.taskId : undefined,
    jobId: request.agent === 'sandbox' ? request.jobId : undefined,
    expiresAt,
    at,
  });
  return { id, token, expiresAt };
}
