import type { Route, StreamedMedia } from '@cynodeai/contracts/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { ProblemError } from './problem-error.ts';

/** Longest pause between two pieces of a streamed body, ms. */
const silenceMs = 60_000;

/** A body that is read while it arrives. See docs/reference/http.md#requests. */
export interface StreamedBody {
  /** The whole `Content-Type` header. */
  readonly contentType: string;
  /** The server's limit for bodies that are not streamed, bytes. */
  readonly plainLimitBytes: number;
  /**
   * The bytes, once. Throws ProblemError `payload_too_large` beyond the limit, `validation` when nothing arrives for
   * 60 s or the client left in the middle.
   */
  readonly chunks: AsyncIterable<Buffer>;
}

/** A body of a declared type, before the route's limit is known. */
class UnreadBody {
  readonly payload: Readable;
  readonly serverLimitBytes: number;
  /** Who reads it, from the first read on. */
  reader: AsyncIterator<Buffer> | undefined;

  constructor(payload: Readable, serverLimitBytes: number) {
    this.payload = payload;
    this.serverLimitBytes = serverLimitBytes;
  }
}

const mediaTypes: readonly StreamedMedia[] = ['application/octet-stream', 'multipart/form-data'];

/** Lets routes that declare it take a body unread; for all others the type stays unsupported (415). */
export function acceptStreamedBodies(app: FastifyInstance, serverLimitBytes: () => number): void {
  for (const media of mediaTypes) {
    app.addContentTypeParser(media, (request, payload: Readable, done) => {
      // What is wrong with a path or a method is said before its body counts.
      if (request.routeOptions.config.streamed === media || request.is404) {
        done(null, new UnreadBody(payload, serverLimitBytes()));
        return;
      }
      done(new ProblemError('unsupported_media_type', 'send the body as application/json'));
    });
  }
  app.addHook('onResponse', async ({ body }) => {
    // A reader that was left in the middle is still open.
    if (body instanceof UnreadBody) void release(body).then(() => body.payload.resume());
  });
}

function tooLarge(limitBytes: number): ProblemError {
  return new ProblemError('payload_too_large', `the body may have at most ${limitBytes} bytes`);
}

/** Fires `silence` when the body pauses for too long. */
class Patience {
  readonly silence = Promise.withResolvers<never>();
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.silence.promise.catch(() => {});
  }

  wait(): void {
    this.#timer = setTimeout(() => {
      this.silence.reject(new ProblemError('validation', 'the body stopped arriving'));
    }, silenceMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

async function* read(body: UnreadBody, limitBytes: number): AsyncGenerator<Buffer> {
  // Leaving the loop must not destroy the connection: the answer goes over it.
  const source: AsyncIterator<Buffer> = body.payload.iterator({ destroyOnReturn: false });
  body.reader = source;
  const patience = new Patience();
  let size = 0;
  try {
    for (;;) {
      patience.wait();
      const next = await Promise.race([source.next(), patience.silence.promise]);
      patience.stop();
      if (next.done === true) return;
      const chunk = next.value;
      size += chunk.length;
      if (size > limitBytes) throw tooLarge(limitBytes);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof ProblemError) throw cause;
    throw new ProblemError('validation', 'the body ended before it was complete', { cause });
  } finally {
    patience.stop();
    void release(body);
  }
}

/** A reader listens for more as long as it is open, and then nobody else can read on. */
async function release({ reader }: UnreadBody): Promise<void> {
  await reader?.return?.().catch(() => {});
}

/**
 * The body of a route that reads it as it arrives; undefined when the route's JSON form was sent. Whatever of it is
 * unread when the answer has gone is thrown away.
 * @throws ProblemError `payload_too_large` by `Content-Length`, `unsupported_media_type` without a body of the type
 */
export function streamedBodyOf(request: FastifyRequest, route: Route): StreamedBody | undefined {
  const { body } = request;
  if (!(body instanceof UnreadBody)) {
    if (route.streamed === undefined || route.body !== undefined) return undefined;
    throw new ProblemError('unsupported_media_type', `send the body as ${route.streamed}`);
  }
  const limitBytes = route.streamedLimitBytes ?? body.serverLimitBytes;
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limitBytes) throw tooLarge(limitBytes);
  return {
    contentType: request.headers['content-type'] ?? '',
    plainLimitBytes: body.serverLimitBytes,
    chunks: read(body, limitBytes),
  };
}
