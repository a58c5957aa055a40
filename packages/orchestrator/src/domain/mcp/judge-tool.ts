import type { Allowed, McpTool } from '@cynodeai/contracts/mcp';
import type { AgentCaller } from './agent-caller.ts';

type Asked = Pick<AgentCaller, 'agent'>;

/** Whether a kind of agent may call a tool at all, by the table of who may. */
export function isListedFor({ agent }: Asked, tool: Pick<McpTool, 'agents'>): boolean {
  return tool.agents[agent] !== 'no';
}

/** Whether a tool was made for where the agent runs. */
export function isInScope({ agent }: Asked, { scope }: Pick<McpTool, 'scope'>): boolean {
  return scope === 'both' || (scope === 'sandbox') === (agent === 'sandbox');
}

/** Whether the table alone lets the call in, when no rule speaks; otherwise a rule has to. */
export function isGranted(allowed: Allowed, args: Readonly<Record<string, unknown>>): boolean {
  return allowed === 'yes' || (allowed === 'on_tasks' && args['scope_type'] === 'task');
}
