import {
  type NodeBootstrapPayload,
  controlPlaneRoutes,
  nodeBootstrapPayloadSchema,
} from '@cynodeai/contracts/control-plane';
import { problemSchema } from '@cynodeai/contracts/common';
import { Secret } from '@cynodeai/runtime/config';
import type { HttpAnswer, HttpCall, HttpClient } from '@cynodeai/runtime/http';
import { messageOf } from '@cynodeai/runtime/std';
import { NodeError } from '../../domain/node/node-error.ts';
import type { Orchestrator } from '../../ports/orchestrator.ts';

export interface HttpOrchestratorOptions {
  readonly http: HttpClient;
  /** Base URL without a trailing slash. */
  readonly baseUrl: string;
  readonly psk: Secret;
  readonly requestTimeoutMs: number;
}

/** Longest bootstrap, configuration or problem that is read, bytes. */
const maxAnswerBytes = 4 * 1024 * 1024;

const pskHint = 'give this node the registration pre-shared key of that orchestrator';

/** What the bootstrap gave: the URLs to use and the token to use them with. */
interface Bootstrap {
  readonly reportUrl: string;
  readonly configUrl: string;
  readonly jwt: Secret;
}

function detailOf(answer: HttpAnswer): string {
  try {
    return problemSchema.parse(JSON.parse(answer.text)).detail ?? '';
  } catch {
    return '';
  }
}

/** Sorts a refusal by what can be done about it. Contract 03 sections 2.2 and 3. */
function refusal(what: string, answer: HttpAnswer, unknown: 'retry' | 'denied'): NodeError {
  const { status } = answer;
  const detail = detailOf(answer);
  const message = `${what}: the orchestrator answered ${status}${detail && `: ${detail}`}`;
  if (status >= 500 || status === 429 || (status === 404 && unknown === 'retry')) {
    return new NodeError('orchestrator_unavailable', message);
  }
  if (status === 401 || status === 403 || (status === 404 && unknown === 'denied')) {
    return new NodeError('orchestrator_denied', message);
  }
  return new NodeError('orchestrator_refused', message);
}

async function call(http: HttpClient, what: string, request: HttpCall): Promise<HttpAnswer> {
  try {
    return await http.call({ maxBytes: maxAnswerBytes, ...request });
  } catch (cause) {
    request.signal?.throwIfAborted();
    const { host } = new URL(request.url);
    const message = `${what}: no answer from ${host}: ${messageOf(cause)}`;
    throw new NodeError('orchestrator_unavailable', message, { cause });
  }
}

function readBootstrap(text: string): NodeBootstrapPayload {
  try {
    return nodeBootstrapPayloadSchema.parse(JSON.parse(text));
  } catch {
    // Neither the text nor the parser's message is kept: both may hold the token.
    const message = 'register: the answer is not a bootstrap payload of version 1';
    throw new NodeError('orchestrator_refused', message);
  }
}

/** The control-plane over HTTP; every URL but the registration's is the bootstrap's. Contract 03 sections 3 and 4.3. */
export function createHttpOrchestrator(options: HttpOrchestratorOptions): Orchestrator {
  const { http, psk, requestTimeoutMs: timeoutMs } = options;
  let bootstrap: Bootstrap | undefined;
  const current = (): Bootstrap => {
    if (bootstrap !== undefined) return bootstrap;
    throw new NodeError('orchestrator_denied', 'the node is not registered');
  };
  const bearer = (jwt: Secret): Record<string, string> => ({
    authorization: `Bearer ${jwt.reveal()}`,
  });
  return {
    register: async (capability, signal) => {
      const { method, path } = controlPlaneRoutes.registerNode;
      const url = `${options.baseUrl}${path}`;
      const json = { psk: psk.reveal(), capability };
      const answer = await call(http, 'register', { method, url, json, timeoutMs, signal });
      if (answer.status !== 200 && answer.status !== 201) {
        const error = refusal('register', answer, 'retry');
        if (error.code !== 'orchestrator_denied') throw error;
        throw new NodeError(error.code, `${error.message}; ${pskHint}`);
      }
      const { orchestrator, auth } = readBootstrap(answer.text);
      bootstrap = {
        reportUrl: orchestrator.endpoints.node_report_url,
        configUrl: orchestrator.endpoints.node_config_url,
        jwt: new Secret(auth.node_jwt),
      };
    },
    report: async (json, signal) => {
      const { reportUrl: url, jwt } = current();
      const request = {
        method: 'POST',
        url,
        json,
        headers: bearer(jwt),
        timeoutMs,
        signal,
      } as const;
      const answer = await call(http, 'report', request);
      if (answer.status >= 300) throw refusal('report', answer, 'denied');
    },
    fetchConfig: async (signal) => {
      const { configUrl: url, jwt } = current();
      const request = { method: 'GET', url, headers: bearer(jwt), timeoutMs, signal } as const;
      const answer = await call(http, 'fetch config', request);
      if (answer.status !== 200) throw refusal('fetch config', answer, 'retry');
      return answer.text;
    },
    acknowledge: async (json, signal) => {
      const { configUrl: url, jwt } = current();
      const request = {
        method: 'POST',
        url,
        json,
        headers: bearer(jwt),
        timeoutMs,
        signal,
      } as const;
      const answer = await call(http, 'ack', request);
      if (answer.status >= 300) throw refusal('ack', answer, 'denied');
    },
  };
}
