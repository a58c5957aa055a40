import { type ToolErrorType, builtTools, envelopeOf, toolErrors } from '@cynodeai/contracts/mcp';
import type { Secret } from '@cynodeai/runtime/config';
import { messageOf } from '@cynodeai/runtime/std';
import {
  Client,
  SdkHttpError,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { ToolFailure, type Tools } from '../../ports/tools.ts';

export interface ToolClientOptions {
  /** The door of agents, with its path. */
  readonly url: string;
  readonly token: Secret;
  /** Whose work it does, where its token does not say. */
  readonly contextId?: string;
}

/** Longest wait for the answer of a tool, ms: the gateway gives a tool up before. */
const timeoutMs = 45_000;

/** Longest time until a connection is there, ms. */
const openMs = 10_000;

const schemas = new Map(builtTools.map((tool) => [tool.name, envelopeOf(tool.result)]));

function isKnown(type: string): type is ToolErrorType {
  return Object.hasOwn(toolErrors, type);
}

/** Tools over the wire, with the connection to the gateway that they need. */
export interface ToolClient extends Tools {
  close(): Promise<void>;
}

/** What became of a call that came to no answer. */
function failureOf(name: string, error: unknown): ToolFailure {
  const isRefused = error instanceof UnauthorizedError;
  const status = error instanceof SdkHttpError ? error.status : undefined;
  const why = isRefused ? 'the token is refused' : messageOf(error);
  const how = status === undefined ? why : `the gateway answered ${status}`;
  return new ToolFailure('unreachable', `${name}: ${how}`, { cause: error });
}

/**
 * Opens the tools of one agent.
 * @throws ToolFailure `unreachable`
 */
export async function openTools({ url, token, contextId }: ToolClientOptions): Promise<ToolClient> {
  const client = new Client({ name: 'cynode-agents', version: '0.1.0' });
  const headers = {
    authorization: `Bearer ${token.reveal()}`,
    ...(contextId !== undefined && { 'x-cynode-context-id': contextId }),
  };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  try {
    await client.connect(transport, { timeout: openMs });
  } catch (error) {
    throw failureOf('initialize', error);
  }
  const call = async (name: string, args: Record<string, unknown>, until: AbortSignal) => {
    try {
      return await client.callTool(
        { name, arguments: args },
        { signal: until, timeout: timeoutMs },
      );
    } catch (error) {
      until.throwIfAborted();
      throw failureOf(name, error);
    }
  };
  return {
    call: async (name, args, until) => {
      const answer = await call(name, args, until);
      const envelope = schemas.get(name)?.safeParse(answer.structuredContent).data;
      if (envelope === undefined) {
        throw new ToolFailure('invalid_response', `${name}: an answer of another shape`);
      }
      if (envelope.status === 'success') return envelope.result as never;
      const { type, message } = envelope.error;
      throw new ToolFailure(isKnown(type) ? type : 'internal', `${name}: ${message}`);
    },
    close: async () => {
      await transport.terminateSession().catch(() => {});
      await client.close().catch(() => {});
    },
  };
}
