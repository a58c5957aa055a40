import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** The body as the upstream client takes it: nothing, the whole of it, or a stream. */
export type RequestBody = Readable | Buffer | null;

/** The body of a request was larger than allowed. */
export class BodyTooLarge extends Error {}

/** The caller left before its body was complete. */
class BodyIncomplete extends Error {}

/** Length the headers announce; undefined for a chunked body. Node lets only one valid length through. */
export function announcedLength(request: IncomingMessage): number | undefined {
  if (request.headers['transfer-encoding'] !== undefined) return undefined;
  return Number(request.headers['content-length'] ?? 0);
}

/** Passes chunks on as they come and counts them; one byte too many ends it with BodyTooLarge. */
class CountedBody extends Readable {
  readonly #request: IncomingMessage;
  #left: number;

  constructor(request: IncomingMessage, limit: number) {
    super();
    this.#request = request;
    this.#left = limit;
    request.on('data', (chunk: Buffer) => this.accept(chunk));
    request.on('end', () => void this.push(null));
    request.on('close', () => {
      if (!request.complete) this.destroy(new BodyIncomplete());
    });
  }

  accept(chunk: Buffer): void {
    this.#left -= chunk.length;
    if (this.#left < 0) this.destroy(new BodyTooLarge());
    else if (!this.destroyed && !this.push(chunk)) this.#request.pause();
  }

  override _read(): void {
    this.#request.resume();
  }
}

/** The whole body of a request. @throws BodyTooLarge; BodyIncomplete when the caller left */
export async function readWhole(request: IncomingMessage, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let left = limit;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const piece = chunk as Buffer;
      left -= piece.length;
      if (left < 0) throw new BodyTooLarge();
      pieces.push(piece);
    }
  } catch (cause) {
    throw cause instanceof BodyTooLarge ? cause : new BodyIncomplete('', { cause });
  }
  return Buffer.concat(pieces);
}

/**
 * Begins to read the body of a request. A body that came whole with its headers is handed on as one buffer;
 * anything else is streamed from its first chunk on. @param limit largest body, bytes
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  ready: (body: RequestBody) => void,
): void {
  const length = announcedLength(request);
  if (length === 0) {
    ready(null);
    return;
  }
  // A chunked body may have no chunk at all.
  const onEmpty = (): void => ready(null);
  request.once('end', onEmpty);
  request.once('data', (chunk: Buffer) => {
    request.off('end', onEmpty);
    if (chunk.length === length) {
      ready(chunk);
      return;
    }
    const body = new CountedBody(request, limit);
    ready(body);
    body.accept(chunk);
  });
}
