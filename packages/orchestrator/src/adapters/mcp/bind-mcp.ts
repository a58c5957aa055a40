import { toolLimits } from '@cynodeai/contracts/mcp';
import { type HttpServer, ProblemError, checkJsonBounds } from '@cynodeai/runtime/http';
import { type Clock, uuidv7 } from '@cynodeai/runtime/std';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import {
  type AuthenticateAgentDeps,
  type AuthenticatedAgent,
  authenticateAgent,
} from '../../app/mcp/authenticate-agent.ts';
import type { McpSessions } from '../../ports/mcp.ts';
import { isKnownOrigin } from './known-origin.ts';
import { type McpProtocol, sessionVersions } from './mcp-protocol.ts';
import { type ReadMessage, readMessage } from './read-message.ts';

export interface McpDoor {
  readonly protocol: McpProtocol;
  readonly agents: AuthenticateAgentDeps & { readonly sessions: McpSessions };
  readonly clock: Clock;
}

/** Where agents call. */
const path = '/v1/mcp';
const sessionHeader = 'mcp-session-id';
/** JSON of a body of 16 MiB may have many values: they are the arguments of one tool, which looks at each. */
const maxValues = 200_000;

const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
};

function tokenOf(request: FastifyRequest): string | undefined {
  return /^Bearer ([\w.~+/-]{16,256}=*)$/i.exec(header(request, 'authorization') ?? '')?.[1];
}

/** 1. A body that says it is too large is not read. */
function refuseLarge(request: FastifyRequest): void {
  if (Number(request.headers['content-length'] ?? 0) <= toolLimits.bodyBytes) return;
  throw new ProblemError(
    'payload_too_large',
    `the body is larger than ${toolLimits.bodyBytes} bytes`,
  );
}

function refuseForeign(request: FastifyRequest): void {
  if (isKnownOrigin(request.headers)) return;
  throw new ProblemError('authorization', 'pages of other origins may not call here');
}

/** A message for the client in the form of the protocol, where the transport refuses it. */
function refusal(reply: FastifyReply, status: number, code: number, message: string): FastifyReply {
  return reply.code(status).send({ jsonrpc: '2.0', error: { code, message }, id: null });
}

/** Fires when the client leaves before it has its answer. The framework's own fires once the body was read. */
function leaving({ raw }: FastifyReply): AbortSignal {
  const left = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) left.abort();
  });
  return left.signal;
}

/** The request as the protocol's own library takes it. */
function webRequest(request: FastifyRequest, reply: FastifyReply, read: ReadMessage): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (name !== 'authorization' && typeof value === 'string') headers.set(name, value);
  }
  headers.delete('content-length');
  return new Request(`http://gateway${path}`, {
    method: request.method,
    headers,
    body: read.kind === 'unreadable' ? read.text : '{}',
    signal: leaving(reply),
  });
}

async function send(reply: FastifyReply, answer: Response): Promise<FastifyReply> {
  reply.code(answer.status);
  for (const [name, value] of answer.headers) reply.header(name, value);
  if (answer.body === null) return reply.send();
  if (answer.headers.get('content-type')?.startsWith('application/json') === true) {
    return reply.send(Buffer.from(await answer.arrayBuffer()));
  }
  return reply.send(Readable.fromWeb(answer.body));
}

/** A client of the older revision names its session with every message but the first. */
function refuseSession(
  reply: FastifyReply,
  read: ReadMessage,
  { session }: AuthenticatedAgent,
): FastifyReply | undefined {
  if (session.kind === 'gone') {
    return refusal(reply, 404, -32_001, 'the session has ended; initialize again');
  }
  const needsSession = read.kind === 'message' && read.era === 'sessions' && !read.isInitialize;
  if (!needsSession || session.kind === 'live') return undefined;
  return refusal(reply, 400, -32_000, 'the header Mcp-Session-Id is missing; initialize first');
}

/** Gives a session to a client that has just begun one. */
function giveSession(
  door: McpDoor,
  reply: FastifyReply,
  read: ReadMessage,
  { caller }: AuthenticatedAgent,
): void {
  if (read.kind !== 'message' || !read.isInitialize) return;
  const asked = read.version ?? '';
  const [latest = asked] = sessionVersions;
  const issuedAt = door.clock.now();
  const id = door.agents.sessionIds.issue({
    sessionId: uuidv7(issuedAt.getTime()),
    tokenId: caller.tokenId,
    version: sessionVersions.includes(asked) ? asked : latest,
    issuedAt,
  });
  reply.header(sessionHeader, id);
}

async function post(
  door: McpDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  agent: AuthenticatedAgent,
): Promise<FastifyReply> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const read = readMessage(body, header(request, 'mcp-protocol-version'));
  if (read.kind === 'batch') {
    return refusal(reply, 400, -32_600, 'batches are not part of the protocol; send one message');
  }
  const refused = refuseSession(reply, read, agent);
  if (refused !== undefined) return refused;
  const session = agent.session.kind === 'live' ? agent.session.sessionId : agent.caller.tokenId;
  // Without a session ids of requests are not told apart; there a client gives up by leaving.
  const givesUp =
    read.kind === 'message' && agent.session.kind === 'live' ? read.givesUp : undefined;
  if (givesUp !== undefined) {
    door.protocol.giveUp(session, givesUp);
  }
  const facts = { caller: agent.caller, requestId: request.id, ip: request.ip, session };
  const answer = await door.protocol.fetch(webRequest(request, reply, read), {
    authInfo: {
      token: '',
      clientId: agent.caller.tokenId,
      scopes: [],
      extra: { facts },
    },
    ...(read.kind === 'message' && { parsedBody: read.message }),
  });
  if (answer.ok) giveSession(door, reply, read, agent);
  return send(reply, answer);
}

async function end(
  door: McpDoor,
  reply: FastifyReply,
  { caller, session }: AuthenticatedAgent,
): Promise<FastifyReply> {
  if (session.kind === 'none') {
    return refusal(reply, 400, -32_000, 'the header Mcp-Session-Id is missing');
  }
  if (session.kind === 'gone') return refusal(reply, 404, -32_001, 'the session has ended');
  await door.agents.sessions.end(session.sessionId, caller.tokenId, door.clock.now());
  return reply.code(204).send();
}

/**
 * The one endpoint of the protocol: size, origin and token are checked before the body is read.
 * See docs/reference/mcp.md#transport.
 */
export function bindMcp(server: HttpServer, door: McpDoor): void {
  const agents = new WeakMap<FastifyRequest, AuthenticatedAgent>();
  const agentOf = (request: FastifyRequest): AuthenticatedAgent => {
    const agent = agents.get(request);
    if (agent === undefined) throw new Error('the guard did not run');
    return agent;
  };
  const guard = async (request: FastifyRequest): Promise<void> => {
    refuseLarge(request);
    refuseForeign(request);
    const found = await authenticateAgent(door.agents, {
      token: tokenOf(request),
      contextId: header(request, 'x-cynode-context-id'),
      sessionId: header(request, sessionHeader),
    });
    agents.set(request, found);
  };
  const declared = { auth: 'node', summary: '', success: {}, errors: [] } as const;
  server.declare({ ...declared, operation: 'mcp.post', method: 'POST', path });
  server.declare({ ...declared, operation: 'mcp.end', method: 'DELETE', path });
  void server.app.register(async (scope: FastifyInstance) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (_request, body, done) => {
      try {
        checkJsonBounds(body, maxValues);
        done(null, body);
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    });
    scope.route({
      method: 'POST',
      url: path,
      config: { operation: 'mcp.post' },
      bodyLimit: toolLimits.bodyBytes,
      onRequest: guard,
      handler: (request, reply) => post(door, request, reply, agentOf(request)),
    });
    scope.route({
      method: 'DELETE',
      url: path,
      config: { operation: 'mcp.end' },
      onRequest: guard,
      handler: (request, reply) => end(door, reply, agentOf(request)),
    });
  });
}
