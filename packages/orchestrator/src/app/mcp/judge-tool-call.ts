import type { AgentCaller } from '../../domain/mcp/agent-caller.ts';
import type { CallScope } from '../../domain/mcp/judge-scope.ts';
import type { AccessDecision } from '../../domain/policy/evaluate-access.ts';
import { type DecideAccessDeps, decideAccess } from '../access/decide-access.ts';

/** A call as the access rules see it. */
export interface JudgedCall {
  readonly caller: AgentCaller;
  readonly scope: CallScope;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly at: Date;
  /** The table of who may lets it in when no rule speaks. */
  readonly isGranted: boolean;
}

/** Asks the access rules; rules that cannot be read deny. See docs/reference/mcp.md#pipeline. */
export function judgeToolCall(deps: DecideAccessDeps, call: JudgedCall): Promise<AccessDecision> {
  const { caller, scope, tool, args, at, isGranted } = call;
  return decideAccess(deps, {
    context: {
      userId: caller.user?.userId,
      groupIds: caller.user?.groupIds ?? [],
      projectId: scope.projectId,
      taskId: scope.taskId,
      agentType: caller.agent,
    },
    action: 'mcp.tool.invoke',
    resourceType: 'mcp.tool',
    resource: tool,
    args,
    at,
    isGranted,
  });
}
