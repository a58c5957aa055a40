import { type McpTool, envelopeOf } from '@cynodeai/contracts/mcp';
import type { Tool } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { AgentCaller } from '../../domain/mcp/agent-caller.ts';
import { isInScope, isListedFor } from '../../domain/mcp/judge-tool.ts';
import type { ToolRegistry } from '../../app/mcp/tool-registry.ts';
import type { ToolSwitches } from '../../app/mcp/tool-switches.ts';

const jsonSchemas = new WeakMap<McpTool, Tool>();

/** The tool as clients see it; made once. */
function shown(tool: McpTool): Tool {
  const known = jsonSchemas.get(tool);
  if (known !== undefined) return known;
  const options = {
    unrepresentable: 'any',
    override: ({ jsonSchema }: { readonly jsonSchema: { format?: string } }) => {
      // Said by `contentEncoding` already; no format of JSON Schema has that name.
      if (jsonSchema.format === 'base64') delete jsonSchema.format;
    },
  } as const;
  const output = z.toJSONSchema(envelopeOf(tool.result), { ...options, io: 'input' });
  const made: Tool = {
    name: tool.name,
    description: tool.summary,
    // Both are schemas of objects: the input is one, and so are both forms of the envelope.
    inputSchema: z.toJSONSchema(tool.input, { ...options, io: 'input' }) as Tool['inputSchema'],
    outputSchema: { ...output, type: 'object' },
    annotations: { readOnlyHint: tool.work === 'read' },
  };
  jsonSchemas.set(tool, made);
  return made;
}

/**
 * Tools a caller could call, in order of name; of one call the same as of the next, whatever its task does.
 * See docs/reference/mcp.md#agents.
 */
export async function listTools(
  registry: ToolRegistry,
  switches: ToolSwitches,
  caller: AgentCaller,
): Promise<Tool[]> {
  const mine = registry.tools.filter(
    ({ tool }) => tool.work !== 'reserved' && isListedFor(caller, tool) && isInScope(caller, tool),
  );
  const isOff = await Promise.all(mine.map(({ tool }) => switches.isDisabled(tool.name)));
  return mine.filter((_entry, index) => isOff[index] === false).map(({ tool }) => shown(tool));
}
