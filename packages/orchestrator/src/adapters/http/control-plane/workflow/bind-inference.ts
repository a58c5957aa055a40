import { agentInferenceRoutes as routes } from '@cynodeai/contracts/control-plane';
import type { Secret } from '@cynodeai/runtime/config';
import { type HttpServer, bearerOf, bindRoute, hasBearer } from '@cynodeai/runtime/http';
import type { FastifyRequest } from 'fastify';
import { type AnswerAgentDeps, answerAgent } from '../../../../app/models/answer-agent.ts';
import {
  type FindInferenceAgentDeps,
  type InferenceCaller,
  findInferenceAgent,
} from '../../../../app/models/inference-caller.ts';
import { OrchestratorError } from '../../../../domain/errors.ts';

export interface InferenceRouteDeps extends AnswerAgentDeps, FindInferenceAgentDeps {
  /** Of what runs workflows. */
  readonly token: Secret;
  /** Fires when the process ends. */
  readonly stop: AbortSignal;
}

const contextHeader = 'x-cynode-context-id';

function guardOf(deps: InferenceRouteDeps) {
  return async (request: FastifyRequest): Promise<InferenceCaller> => {
    if (hasBearer(request, deps.token)) return { kind: 'runner' };
    const token = bearerOf(request);
    const named = request.headers[contextHeader];
    const contextId = typeof named === 'string' ? named : undefined;
    const found = token && (await findInferenceAgent({ token, contextId }, deps));
    if (found) return found;
    throw new OrchestratorError(
      'agent_token_invalid',
      'this is neither the token of what runs workflows nor a living one of an agent for models; ask for another one',
    );
  };
}

/** Model calls of agents. See docs/reference/inference.md#calls-of-agents. */
export function bindInference(server: HttpServer, deps: InferenceRouteDeps): void {
  bindRoute(server, routes.askModel, {
    guard: guardOf(deps),
    handle: async ({ body: call, caller, requestId, signal: left }) => {
      const signal = AbortSignal.any([left, deps.stop]);
      return { status: 200, body: await answerAgent({ call, caller, requestId, signal }, deps) };
    },
  });
}
