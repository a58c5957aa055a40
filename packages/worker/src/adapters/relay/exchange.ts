import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { inferenceLimits } from '@cynodeai/contracts/worker-api';
import type { Dispatcher } from 'undici';
import type { Refuse, RelayRefusal } from '../../ports/relay.ts';
import { passingHeaders } from './headers.ts';
import { answerLocally } from './refuse.ts';
import type { PrepareBody } from './job-body.ts';
import {
  announcedLength,
  BodyTooLarge,
  readBody,
  readWhole,
  type RequestBody,
} from './request-body.ts';
import type { Target } from './target.ts';

export interface ExchangeLimits {
  /** Largest body of a request, bytes. */
  readonly requestBytes: number;
  /** Limit of a whole exchange, ms. */
  readonly requestMs: number;
}

export const tooLarge: RelayRefusal = {
  kind: 'payload_too_large',
  message: `the body is larger than ${inferenceLimits.requestBytes} bytes`,
};

function timedOut(limitMs: number): RelayRefusal {
  const message = `the model service did not answer within ${Math.round(limitMs / 1000)} s`;
  return { kind: 'timeout', message };
}

const down: RelayRefusal = {
  kind: 'upstream',
  message: 'the model service cannot be reached or broke off its answer',
};

/** What a request may take, and what happens to its body. */
export interface Handling {
  /** Limit of the whole exchange, ms; that of a job's request unless told. */
  readonly requestMs?: number | undefined;
  /** What becomes of it; without one it passes unread. */
  readonly prepare?: PrepareBody | undefined;
  /** Tells a sender who waits for it to send the body; called once the exchange has its places. */
  readonly goAhead?: (() => void) | undefined;
}

/** Why an exchange ends before its answer is complete. */
class Ended extends Error {}

/**
 * One request on its way to the model service and the answer on its way back.
 * See docs/reference/sandbox.md#relay.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #refuse: Refuse;
  readonly #limits: ExchangeLimits;
  readonly #onEnd: () => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;

  /** @param onEnd called once when nothing goes to or comes from the service any more */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    refuse: Refuse,
    limits: ExchangeLimits,
    onEnd: () => void,
  ) {
    this.#request = request;
    this.#response = response;
    this.#refuse = refuse;
    this.#limits = limits;
    this.#onEnd = onEnd;
    const { requestMs } = limits;
    this.#timer = setTimeout(() => this.#fail(timedOut(requestMs)), requestMs);
    response.on('close', () => this.#end());
    // A write to a connection that was lost at that moment; its close follows.
    response.on('error', () => this.#end());
  }

  /** Sends the request, its body as it comes or as it was prepared; the rest happens by itself. */
  start(dispatcher: Dispatcher, basePath: string, target: Target, handling: Handling): void {
    if (this.#over) return;
    const { prepare, goAhead } = handling;
    goAhead?.();
    const send = (body: RequestBody): void => {
      if (!this.#over) this.#dispatch(dispatcher, basePath + target.path, body);
    };
    const { model } = target;
    if (prepare === undefined) readBody(this.#request, this.#limits.requestBytes, send);
    else if (model === undefined) void this.#prepare(prepare, send);
    else void this.#ask(prepare, model, () => send(null));
  }

  /** A model that a path names is as open or closed as one in a body; a body beside it is not sent on. */
  async #ask(prepare: PrepareBody, model: string, pass: () => void): Promise<void> {
    try {
      const prepared = await prepare(Buffer.from(JSON.stringify({ model })));
      if (Buffer.isBuffer(prepared)) pass();
      else this.#fail(prepared);
    } catch (error) {
      this.onResponseError(undefined, error);
    }
  }

  async #prepare(prepare: PrepareBody, send: (body: RequestBody) => void): Promise<void> {
    try {
      const prepared = await prepare(await readWhole(this.#request, this.#limits.requestBytes));
      if (Buffer.isBuffer(prepared)) send(prepared);
      else this.#fail(prepared);
    } catch (error) {
      this.onResponseError(undefined, error);
    }
  }

  #dispatch(dispatcher: Dispatcher, path: string, body: RequestBody): void {
    const headers = passingHeaders(this.#request.headers);
    const length = Buffer.isBuffer(body) ? body.length : announcedLength(this.#request);
    if (body !== null && length !== undefined) headers.push('content-length', String(length));
    const method = this.#request.method ?? 'GET';
    try {
      dispatcher.dispatch({ method, path, headers, body }, this);
    } catch (error) {
      this.onResponseError(undefined, error);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Ended());
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (this.#over || status < 200) return;
    const passing = passingHeaders(headers);
    const length = headers['content-length'];
    if (length !== undefined) passing.push('content-length', length);
    const response = this.#response;
    response.writeHead(status, passing);
    // What came in one packet with the headers leaves in one packet with them; the headers never wait for more.
    process.nextTick(() => {
      if (!this.#over) response.flushHeaders();
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over || this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#controller = undefined;
    this.#response.end();
    this.#end();
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.#controller = undefined;
    this.#fail(error instanceof BodyTooLarge ? tooLarge : down);
  }

  /** Refuses while nothing was sent; later the connection is cut, so that a part never passes for the whole. */
  #fail(refusal: RelayRefusal): void {
    if (this.#over) return;
    this.#end();
    if (this.#response.headersSent) this.#response.destroy();
    else answerLocally(this.#request, this.#response, this.#refuse(refusal));
  }

  /** Whether the caller left, the time is over or the answer is complete. */
  get over(): boolean {
    return this.#over;
  }

  /** Refuses a request that was never sent on. */
  refuse(refusal: RelayRefusal): void {
    this.#fail(refusal);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#controller?.abort(new Ended());
    this.#onEnd();
  }
}
