import type { IncomingMessage, ServerResponse } from 'node:http';
import { inferenceLimits } from '@cynodeai/contracts/worker-api';
import { Pool } from 'undici';
import type { InferenceService } from '../../ports/inference.ts';
import type { Refuse, RelayRefusal } from '../../ports/relay.ts';
import { Exchange, type ExchangeLimits, type Handling, tooLarge } from './exchange.ts';
import { InFlight, type Places } from './in-flight.ts';
import { answerLocally } from './refuse.ts';
import { announcedLength } from './request-body.ts';
import { allowedTarget } from './target.ts';

export interface InferenceForwarderOptions {
  readonly service: Pick<InferenceService, 'upstream'>;
  /** `inference.max_concurrency`, shared with whoever else passes requests on; absent means no limit. */
  readonly places?: Places;
  readonly limits?: ExchangeLimits;
}

const retryAfterSeconds = 5;
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST']);

const closedPath: RelayRefusal = {
  kind: 'node_policy_refused',
  message: 'this path of the model service is not open here',
};

const noService: RelayRefusal = {
  kind: 'inference_unavailable',
  message: 'this node has no usable inference service',
};

const defaultLimits: ExchangeLimits = {
  requestBytes: inferenceLimits.requestBytes,
  requestMs: inferenceLimits.requestSeconds * 1000,
};

interface Upstream {
  readonly url: string;
  readonly pool: Pool;
  /** Path of the base URL without a trailing slash. */
  readonly basePath: string;
}

function openUpstream(url: string): Upstream {
  const options = { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 5000 } };
  if (url.startsWith('http+unix://')) {
    const socketPath = decodeURIComponent(url.slice('http+unix://'.length).replace(/\/$/, ''));
    return { url, pool: new Pool('http://localhost', { ...options, socketPath }), basePath: '' };
  }
  const { origin, pathname } = new URL(url);
  return { url, pool: new Pool(origin, options), basePath: pathname.replace(/\/$/, '') };
}

/**
 * Passes requests of untrusted code on to the node's model service: exact paths, at most 10 MiB,
 * 120 s in all unless told, no credentials, nothing held back in either direction.
 * See docs/reference/worker-api.md#inference-relay and docs/reference/sandbox.md#relay,
 * REQ-SANDBX-0107.
 */
export class InferenceForwarder {
  readonly #options: InferenceForwarderOptions;
  readonly #limits: ExchangeLimits;
  readonly #inFlight: Places;
  #upstream: Upstream | undefined;

  constructor(options: InferenceForwarderOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
    this.#inFlight = options.places ?? new InFlight(undefined);
  }

  /**
   * Answers a request from the service, or itself in the words of `refuse`.
   * @param target path and query as the caller sent them, what the relay itself needed taken off
   * @param handling how long it may take, what is done with the body, and how its sender is told to begin
   */
  forward(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    refuse: Refuse,
    handling: Handling = {},
  ): void {
    const say = (refusal: RelayRefusal): void => answerLocally(request, response, refuse(refusal));
    const allowed = allowedTarget(target);
    if (allowed === undefined) return say(closedPath);
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) return say(refusal);
    const upstream = this.#current();
    if (upstream === undefined) return say(noService);
    const { pool, basePath } = upstream;
    const { prepare, goAhead, requestMs = this.#limits.requestMs } = handling;
    const isChecked = allowed.namesModel || allowed.model !== undefined;
    const body = isChecked ? { prepare, goAhead } : { goAhead };
    const limits = { ...this.#limits, requestMs };
    const open = (leave: () => void): Exchange =>
      new Exchange(request, response, refuse, limits, leave);
    const start = (exchange: Exchange): void => exchange.start(pool, basePath, allowed, body);
    const leave = allowed.works ? () => this.#inFlight.leave() : () => {};
    if (!allowed.works || this.#inFlight.tryEnter()) start(open(leave));
    else void this.#wait(open, start);
  }

  /** Ends every exchange and closes the connections to the service. */
  async close(): Promise<void> {
    await this.#upstream?.pool.destroy();
  }

  #refusalOf(request: IncomingMessage): RelayRefusal | undefined {
    if (!methods.has(request.method ?? '')) {
      const allow = 'GET, HEAD, POST';
      return { kind: 'method_not_allowed', message: `this path answers ${allow}`, allow };
    }
    if ((announcedLength(request) ?? 0) > this.#limits.requestBytes) return tooLarge;
    // Without chunks a part of an answer could not be told from the whole.
    if (request.httpVersion === '1.1') return undefined;
    return { kind: 'validation', message: 'use HTTP/1.1' };
  }

  /** Waits for a place; the time limit of the exchange runs meanwhile. */
  async #wait(
    open: (leave: () => void) => Exchange,
    start: (exchange: Exchange) => void,
  ): Promise<void> {
    const place = this.#inFlight.wait();
    let admitted = false;
    const exchange = open(() => {
      if (admitted) this.#inFlight.leave();
      else place.giveUp();
    });
    admitted = await place.admitted;
    if (!admitted) {
      const message = 'the node serves as many inference requests as it may';
      exchange.refuse({ kind: 'node_at_capacity', message, retryAfterSeconds });
    } else if (exchange.over) {
      this.#inFlight.leave();
    } else {
      start(exchange);
    }
  }

  /** The service as it is now; its connections are kept until it moves. */
  #current(): Upstream | undefined {
    const url = this.#options.service.upstream();
    if (url === undefined) return undefined;
    if (this.#upstream?.url === url) return this.#upstream;
    void this.#upstream?.pool.close();
    this.#upstream = openUpstream(url);
    return this.#upstream;
  }
}
