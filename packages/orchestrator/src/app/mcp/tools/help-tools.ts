import { type McpTool, scopedIdsOf } from '@cynodeai/contracts/mcp';
import { isInScope, isListedFor } from '../../../domain/mcp/judge-tool.ts';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { HandlersBelow, ToolCall } from '../tool-handlers.ts';

function mayCall({ caller }: ToolCall, tool: McpTool): boolean {
  return tool.work !== 'reserved' && isListedFor(caller, tool) && isInScope(caller, tool);
}

function pageOf(tool: McpTool): string {
  const needed = Object.entries(tool.input.shape).map(([name, field]) => {
    const isOptional = field._zod.optin === 'optional';
    return `- \`${name}\`${isOptional ? ' (may be left out)' : ''}`;
  });
  const scoped = Object.keys(scopedIdsOf(tool));
  const held = scoped.length === 0 ? '' : `\n\n${scoped.join(', ')} must be your own.`;
  return `# ${tool.name}\n\n${tool.summary}.\n\n${needed.join('\n')}${held}\n`;
}

/** Handlers of what tells an agent of its tools, made from them. See docs/reference/mcp.md#tools. */
export function helpTools(tools: readonly McpTool[]): HandlersBelow<'help'> {
  return {
    'help.get': async (call, { topic }) => {
      const mine = tools.filter((tool) => mayCall(call, tool));
      if (topic === undefined) {
        const lines = mine.map(({ name, summary }) => `- \`${name}\`: ${summary}`);
        const content = `# Your tools\n\n${lines.join('\n')}\n\nAsk for one as the topic.\n`;
        return { content, format: 'markdown' };
      }
      const tool = mine.find(({ name }) => name === topic);
      if (tool === undefined) {
        throw new ToolRefusal('not_found', 'no such topic; leave it out for the list');
      }
      return { content: pageOf(tool), format: 'markdown' };
    },
  };
}
