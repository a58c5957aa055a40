import { ProblemError } from './problem-error.ts';
import { partHeaders } from './part-headers.ts';

/** One part of a form, read in its turn: the next one comes when this one was read, or is passed over. */
export interface FormPart {
  readonly name: string;
  /** As the client wrote it; undefined for a plain field. */
  readonly fileName: string | undefined;
  readonly contentType: string | undefined;
  /** The bytes, once. */
  readonly chunks: AsyncIterable<Buffer>;
}

/** Headers of one part, bytes. */
const maxHeaderBytes = 16 * 1024;

function malformed(what: string): ProblemError {
  return new ProblemError('validation', `the multipart body is not valid: ${what}`);
}

/** The boundary of a `multipart/form-data` content type. RFC 2046 section 5.1.1. */
function boundaryOf(contentType: string): string {
  const found = /;\s*boundary=(?:"([^"]*)"|([^\s";]+))\s*(?:;|$)/i.exec(contentType);
  const boundary = found?.[1] ?? found?.[2] ?? '';
  if (/^[\w'()+,\-./:=? ]{0,69}[\w'()+,\-./:=?]$/.test(boundary)) return boundary;
  throw malformed('the Content-Type names no usable boundary');
}

/** The bytes of a body, with a look ahead. */
class Pending {
  readonly #source: AsyncIterator<Buffer>;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done === true) throw malformed('it ends early');
    this.#bytes = this.#bytes.length === 0 ? next.value : Buffer.concat([this.#bytes, next.value]);
  }

  #take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  /** Exactly so many bytes. */
  async exactly(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) await this.#more();
    return this.#take(count);
  }

  /** Everything before the mark, which is taken too, as long as it is at most `maxBytes`. */
  async before(mark: Buffer, maxBytes: number, what: string): Promise<Buffer> {
    for (;;) {
      const at = this.#bytes.indexOf(mark);
      if (at > maxBytes || (at < 0 && this.#bytes.length > maxBytes + mark.length)) {
        throw malformed(`${what} too long`);
      }
      if (at >= 0) return this.exactly(at + mark.length).then((all) => all.subarray(0, at));
      await this.#more();
    }
  }

  /** Pieces of what stands before the mark, which is taken too. */
  async *piecesBefore(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#bytes.indexOf(mark);
      if (at >= 0) {
        if (at > 0) yield this.#take(at);
        this.#take(mark.length);
        return;
      }
      // The mark may have begun at the end of what is here.
      const safe = this.#bytes.length - mark.length + 1;
      if (safe > 0) yield this.#take(safe);
      await this.#more();
    }
  }

  async rest(): Promise<void> {
    this.#bytes = Buffer.alloc(0);
    while ((await this.#source.next()).done !== true);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

/** True when another part follows a boundary, false at the end of the form. */
async function followed(pending: Pending): Promise<boolean> {
  const two = (await pending.exactly(2)).toString('latin1');
  if (two === '\r\n') return true;
  if (two === '--') return false;
  throw malformed('a boundary stands inside a line');
}

/**
 * The parts of a `multipart/form-data` body in their order, none of them as a whole in memory. Unlike lenient parsers
 * it refuses what breaks the format (RFC 7578) instead of skipping it: the caller sees every part there is.
 * @throws ProblemError `validation`, and whatever `chunks` throws
 */
export async function* readForm(
  contentType: string,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<FormPart> {
  const boundary = boundaryOf(contentType);
  const mark = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const pending = new Pending(chunks);
  try {
    const first = await pending.exactly(mark.length - 2);
    if (!first.equals(mark.subarray(2))) throw malformed('it does not begin with its boundary');
    while (await followed(pending)) {
      const lines = await pending.before(
        Buffer.from('\r\n\r\n'),
        maxHeaderBytes,
        'part headers are',
      );
      const body = pending.piecesBefore(mark);
      yield { ...partHeaders(lines, malformed), chunks: body };
      // What the caller left of the part.
      for await (const _piece of body);
    }
    await pending.rest();
  } finally {
    await pending.close();
  }
}
