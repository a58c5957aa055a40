import {
  type CallToolResult,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
  createMcpHandler,
} from '@modelcontextprotocol/server';
import { toolLimits } from '@cynodeai/contracts/mcp';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { type CallToolDeps, type ToolAnswer, callTool } from '../../app/mcp/call-tool.ts';
import type { ToolProgress } from '../../app/mcp/tool-handlers.ts';
import { CallsUnderWay } from './calls-under-way.ts';
import type { McpProtocol, McpRequestFacts } from './mcp-protocol.ts';
import { listTools } from './tool-list.ts';

/** What a conformance suite names and the product does not have; tests register it behind the real pipeline. */
export interface McpFixtures {
  /** Adds prompts, resources and capabilities. */
  readonly extend: (server: Server) => void;
  /** The answer of a fixture tool as content of its own; undefined for every other tool. */
  readonly resultOf: (tool: string, answer: ToolAnswer) => CallToolResult | undefined;
}

export interface McpServerParts {
  readonly calls: CallToolDeps;
  readonly version: string;
  readonly fixtures?: McpFixtures | undefined;
  readonly log: Log;
}

const listHint = { ttlMs: 5000, cacheScope: 'private' } as const;

/** One answer in both forms: structured, and the same as text for clients that read no other. */
function resultOf(answer: ToolAnswer): CallToolResult {
  const envelope =
    answer.kind === 'success'
      ? { status: 'success', result: answer.result }
      : { status: 'error', error: answer.error };
  return {
    content: [{ type: 'text', text: JSON.stringify(envelope) }],
    structuredContent: envelope,
    ...(answer.kind === 'error' && { isError: true }),
  };
}

/** Tells how far a call has come, to a client that asked for it. */
function progressOf(ctx: ServerContext): (progress: ToolProgress) => Promise<void> {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return async () => {};
  return (progress) =>
    ctx.mcpReq
      .notify({ method: 'notifications/progress', params: { progressToken, ...progress } })
      // A client that left hears nothing; the call goes on to its end.
      .catch(() => {});
}

function serverFor(
  { calls, version, fixtures }: McpServerParts,
  facts: McpRequestFacts,
  underWay: CallsUnderWay,
): Server {
  const server = new Server(
    { name: 'cynodeai-mcp-gateway', version },
    {
      capabilities: { tools: {}, prompts: {}, resources: {} },
      cacheHints: {
        'tools/list': listHint,
        'prompts/list': listHint,
        'resources/list': listHint,
        'resources/templates/list': listHint,
        'server/discover': listHint,
      },
    },
  );
  server.setRequestHandler('tools/list', async () => ({
    tools: await listTools(calls.registry, calls.switches, facts.caller),
  }));
  server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const answer = await underWay.run(facts.session, ctx.mcpReq.id, (givenUp) =>
      callTool(calls, {
        ...facts,
        name: params.name,
        args: params.arguments ?? {},
        signal: AbortSignal.any([ctx.mcpReq.signal, givenUp]),
        progress: progressOf(ctx),
      }),
    );
    if (answer.kind === 'error' && answer.error.type === 'unknown_tool') {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, answer.error.message, answer.error);
    }
    return fixtures?.resultOf(params.name, answer) ?? resultOf(answer);
  });
  server.setRequestHandler('prompts/list', () => ({ prompts: [] }));
  server.setRequestHandler('resources/list', () => ({ resources: [] }));
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: [] }));
  fixtures?.extend(server);
  return server;
}

/**
 * One stateless handler for both revisions of the protocol: each request is served by a server of its own, which knows
 * its caller and nothing else. See docs/reference/mcp.md#transport.
 */
export function mcpProtocol(parts: McpServerParts): McpProtocol {
  const underWay = new CallsUnderWay();
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const facts = authInfo?.extra?.['facts'];
      if (facts === undefined) throw new Error('a request came past the door');
      return serverFor(parts, facts as McpRequestFacts, underWay);
    },
    {
      maxRequestBodySize: toolLimits.bodyBytes,
      onerror: (error) => parts.log.debug('mcp request refused', { error: messageOf(error) }),
    },
  );
  return {
    fetch: handler.fetch,
    giveUp: (session, requestId) => underWay.giveUp(session, requestId),
    close: async () => {
      await underWay.settled();
      await handler.close();
    },
  };
}
