import type { GatewayAction } from '@cynodeai/contracts/gateway';
import type { ActiveUser } from '../../../domain/identity/active-user.ts';
import { actorId } from '../../../domain/identity/actor.ts';
import { overseesAll, readableProjectIds } from '../../../domain/identity/task-access.ts';
import { actorOf } from '../../../domain/mcp/agent-caller.ts';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { Visible } from '../../../ports/agent-views.ts';
import type { Caller } from '../../audit/call.ts';
import type { ToolCall } from '../tool-handlers.ts';

/** In whose name a call is made. @throws ToolRefusal `context_missing`. */
export function userOf({ caller }: ToolCall): ActiveUser {
  if (caller.user !== undefined) return caller.user;
  throw new ToolRefusal('context_missing', 'nobody has handed you work yet: there is no user');
}

/** The task a call is about. */
export function taskIdOf({ scope }: ToolCall): string {
  if (scope.taskId === undefined) throw new Error('a call about a task names none');
  return scope.taskId;
}

/** Whose tasks and projects the user of a call sees. */
export function visibleTo(user: ActiveUser): Visible {
  if (overseesAll(user)) return 'all';
  return { userId: user.userId, projectIds: readableProjectIds(user) };
}

/** The agent with its call, as use cases know whoever calls. */
export function callerOf(call: ToolCall, action: GatewayAction, resource: string): Caller {
  return {
    actor: actorOf(call.caller, userOf(call)),
    call: {
      requestId: call.requestId,
      ip: call.ip,
      userAgent: undefined,
      entry: { operation: 'mcp.tools.call', action, resource },
      elapsedMs: call.elapsedMs,
      codeOf: (outcome) => (outcome === 'created' ? 201 : 200),
    },
  };
}

/** The agent as columns such as `updated_by` name it. */
export function nameOf(call: ToolCall): string {
  return actorId(actorOf(call.caller, userOf(call)));
}
