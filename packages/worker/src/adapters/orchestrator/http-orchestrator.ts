import { controlPlaneRoutes, registrationProofText } from '@cynodeai/contracts/control-plane';
import { defineRoute } from '@cynodeai/contracts/common';
import { CallError, type HttpClient, callRoute } from '@cynodeai/runtime/call';
import { Secret } from '@cynodeai/runtime/config';
import { NodeError } from '../../domain/node/node-error.ts';
import type { NodeIdentity } from '../../ports/node-state.ts';
import type { Orchestrator } from '../../ports/orchestrator.ts';

export interface HttpOrchestratorOptions {
  /** Owner of the connections; whoever made it closes it. */
  readonly client: Pick<HttpClient, 'open'>;
  /** Base URL without a trailing slash. */
  readonly baseUrl: string;
  readonly psk: Secret;
  /** Who this node is. @throws NodeError `state_unusable` */
  readonly identity: () => Promise<NodeIdentity>;
  readonly requestTimeoutMs: number;
  /** It is called at this address alone, whatever address it gives: that is the one whose certificate is trusted. */
  readonly sameOrigin?: boolean;
}

/** Longest bootstrap or configuration that is read, bytes. */
const maxBytes = 4 * 1024 * 1024;

/** The configuration as text: what is wrong with it is told to the orchestrator, and is more than a call that failed. */
const getConfigText = defineRoute({
  ...controlPlaneRoutes.getConfig,
  success: { 200: { kind: 'text' } },
});

/** What the bootstrap gave: the URLs to use and the token to use them with. */
interface Bootstrap {
  readonly reportUrl: string;
  readonly configUrl: string;
  readonly jwt: Secret;
}

/** How the outcome of one call is told. */
interface CallWords {
  readonly what: string;
  /** What the answer should have been. */
  readonly expected: string;
  /** Whether 404 means that the orchestrator is not ready, or that it does not know this node. */
  readonly unknown: 'retry' | 'denied';
  /** What helps after a 401. */
  readonly hint401?: string;
}

const words = {
  register: {
    what: 'register',
    expected: 'a bootstrap payload of version 1',
    unknown: 'retry',
    hint401: '; give this node the registration pre-shared key of that orchestrator',
  },
  report: { what: 'report', expected: 'an empty one', unknown: 'denied' },
  fetchConfig: { what: 'fetch config', expected: 'a configuration', unknown: 'retry' },
  ack: { what: 'ack', expected: 'an empty one', unknown: 'denied' },
} as const satisfies Readonly<Record<string, CallWords>>;

/**
 * Sorts what went wrong by what can be done about it. See docs/reference/nodes.md#start-of-a-node
 * and docs/reference/nodes.md#calls-of-a-node.
 */
function nodeErrorOf(
  { what, expected, unknown, hint401 = '' }: CallWords,
  error: CallError,
): NodeError {
  const { code, status = 0 } = error;
  const cause = { cause: error };
  if (code === 'bad_answer') {
    // Neither the answer nor what was wrong with it is kept: both may hold the token.
    return new NodeError('orchestrator_refused', `${what}: the answer is not ${expected}`);
  }
  if (code !== 'refused') {
    return new NodeError('orchestrator_unavailable', `${what}: ${error.message}`, cause);
  }
  const message = `${what}: the orchestrator ${error.message}`;
  if (status >= 500 || status === 429 || (status === 404 && unknown === 'retry')) {
    return new NodeError('orchestrator_unavailable', message, cause);
  }
  if (status === 401 || status === 403 || (status === 404 && unknown === 'denied')) {
    const hint = status === 401 ? hint401 : '';
    return new NodeError('orchestrator_denied', `${message}${hint}`, cause);
  }
  return new NodeError('orchestrator_refused', message, cause);
}

async function attempt<T>(what: CallWords, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof CallError ? nodeErrorOf(what, error) : error;
  }
}

/**
 * The control-plane over HTTP; every URL but the registration's is the bootstrap's.
 * See docs/reference/nodes.md#calls-of-a-node and docs/reference/nodes.md#registration.
 */
export function createHttpOrchestrator(options: HttpOrchestratorOptions): Orchestrator {
  const { client, baseUrl, psk, identity, requestTimeoutMs: timeoutMs } = options;
  let bootstrap: Bootstrap | undefined;
  const current = (): Bootstrap => {
    if (bootstrap !== undefined) return bootstrap;
    throw new NodeError('orchestrator_denied', 'the node is not registered');
  };
  const within = (url: string): string => {
    if (options.sameOrigin !== true) return url;
    const { pathname, search } = new URL(url);
    return new URL(`${pathname}${search}`, baseUrl).href;
  };
  const settings = (signal: AbortSignal) => ({ client, timeoutMs, maxBytes, signal });
  return {
    register: async (capability, signal) => {
      const { publicKey: public_key, sign } = await identity();
      const ask = (proof?: { readonly challenge: string; readonly signature: string }) => {
        const body = { psk: psk.reveal(), capability, identity: { public_key, proof } };
        const to = { ...settings(signal), baseUrl };
        return attempt(words.register, callRoute(controlPlaneRoutes.registerNode, { body }, to));
      };
      let answer = await ask();
      if (answer.status === 202) {
        const { challenge } = answer.body;
        const { node_slug: slug } = capability.node;
        answer = await ask({ challenge, signature: sign(registrationProofText(slug, challenge)) });
      }
      if (answer.status === 202) {
        const message = 'register: the orchestrator asks for the proof it was given';
        throw new NodeError('orchestrator_refused', message);
      }
      const { orchestrator, auth } = answer.body;
      bootstrap = {
        reportUrl: within(orchestrator.endpoints.node_report_url),
        configUrl: within(orchestrator.endpoints.node_config_url),
        jwt: new Secret(auth.node_jwt),
      };
    },
    report: async (body, signal) => {
      const { reportUrl: url, jwt: bearer } = current();
      const to = { ...settings(signal), url, bearer };
      const called = callRoute(controlPlaneRoutes.reportCapability, { body }, to);
      await attempt(words.report, called);
    },
    fetchConfig: async (signal) => {
      const { configUrl: url, jwt: bearer } = current();
      const to = { ...settings(signal), url, bearer };
      const answer = await attempt(words.fetchConfig, callRoute(getConfigText, {}, to));
      return answer.body;
    },
    acknowledge: async (body, signal) => {
      const { configUrl: url, jwt: bearer } = current();
      const to = { ...settings(signal), url, bearer };
      await attempt(words.ack, callRoute(controlPlaneRoutes.ackConfig, { body }, to));
    },
  };
}
