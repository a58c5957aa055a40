import type { IncomingMessage, ServerResponse } from 'node:http';
import { inferenceLimits, inferenceRelayPrefix } from '@cynodeai/contracts/worker-api';
import type { Route } from '@cynodeai/contracts/common';
import { type HttpServer, ProblemError } from '@cynodeai/runtime/http';
import type { LocalAnswer, Refuse, RelayRefusal } from '../../ports/relay.ts';
import { z } from 'zod';
import { type ReadinessView, requireReady, requireToken, type TokenSource } from './guards.ts';

/** A prompt is watched by who asked it; this only ends what nobody watches any more, ms. */
const requestMs = inferenceLimits.callSeconds * 1000;

/** Passes requests to the node's model service. */
export interface RelayForwarder {
  forward(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    refuse: Refuse,
    handling: { readonly requestMs: number },
  ): void;
}

export interface InferenceRelayDeps {
  readonly config: TokenSource;
  readonly readiness: ReadinessView;
  readonly forwarder: RelayForwarder;
}

const errors: Route['errors'] = [
  'validation',
  'authentication',
  'node_policy_refused',
  'method_not_allowed',
  'payload_too_large',
  'node_at_capacity',
  'upstream',
  'node_not_ready',
  'node_shutting_down',
  'inference_unavailable',
  'timeout',
];

/** The relay in the OpenAPI document; bodies are those of the model service, so they have no schema here. */
const routes: readonly Route[] = (['GET', 'POST'] as const).map((method) => ({
  operation: `worker.inference.relay.${method.toLowerCase()}`,
  method,
  path: `${inferenceRelayPrefix}/{path}`,
  auth: 'worker',
  summary: "Pass a request to the node's model service; `path` may hold slashes",
  params: z.object({ path: z.string() }),
  success: { 200: { kind: 'text' } },
  errors,
}));

function problemAnswer(refusal: RelayRefusal, requestId: string): LocalAnswer {
  const { kind, message, retryAfterSeconds, allow } = refusal;
  const problem = new ProblemError(kind, message, {
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(allow !== undefined && { headers: { allow } }),
  });
  return {
    status: problem.status,
    headers: {
      ...problem.headers(),
      'content-type': 'application/problem+json',
      'x-request-id': requestId,
    },
    text: JSON.stringify(problem.toDocument(requestId)),
  };
}

/**
 * `GET` and `POST /v1/worker/inference/proxy/{path}`: the rest of the path goes to the node's model
 * service, bodies are passed through as they come in both directions.
 * See docs/reference/worker-api.md#inference-relay.
 */
export function bindInferenceRelay(server: HttpServer, deps: InferenceRelayDeps): void {
  const { config, readiness, forwarder } = deps;
  for (const route of routes) server.declare(route);
  server.app.route({
    // The forwarder refuses the others, after it has looked at the path.
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: `${inferenceRelayPrefix}/*`,
    config: { operation: 'worker.inference.relay' },
    onRequest: async (request, reply) => {
      requireToken(config, request.headers.authorization);
      requireReady(readiness);
      // From here on nothing reads the body but the forwarder.
      reply.hijack();
      const target = request.raw.url?.slice(inferenceRelayPrefix.length) ?? '';
      const refuse = (refusal: RelayRefusal): LocalAnswer => problemAnswer(refusal, request.id);
      forwarder.forward(request.raw, reply.raw, target, refuse, { requestMs });
    },
    handler: async () => {
      throw new Error('the relay has answered already');
    },
  });
}
