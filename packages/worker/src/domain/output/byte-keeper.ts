import type { StreamBytes } from '@cynodeai/contracts/common';

/** Whether this begins in the middle of a code point: so many bytes of it. */
function halfAtStart(bytes: Uint8Array): number {
  let count = 0;
  while (count < 3 && ((bytes[count] ?? 0) & 0xc0) === 0x80) count += 1;
  return count;
}

/** Tells whether a stream is text: UTF-8 without U+0000; what is missing in it is taken for text. */
export class TextCheck {
  #decoder = new TextDecoder('utf-8', { fatal: true });
  #isBehindGap = false;
  #isText = true;

  /** As far as it was written; a code point may go on. */
  get isText(): boolean {
    return this.#isText;
  }

  write(chunk: Uint8Array): void {
    const fresh = this.#isBehindGap ? chunk.subarray(halfAtStart(chunk)) : chunk;
    this.#isBehindGap = false;
    this.#decode(fresh, true);
    if (chunk.includes(0)) this.#isText = false;
  }

  gap(): void {
    this.#decoder = new TextDecoder('utf-8', { fatal: true });
    this.#isBehindGap = true;
  }

  finish(): void {
    this.#decode(new Uint8Array(0), false);
  }

  #decode(bytes: Uint8Array, stream: boolean): void {
    if (!this.#isText) return;
    try {
      this.#decoder.decode(bytes, { stream });
    } catch {
      this.#isText = false;
    }
  }
}

/** Keeps the beginning and the end of a stream byte for byte. See docs/reference/worker-api.md#sizes. */
export class ByteKeeper {
  readonly #limits: { readonly headBytes: number; readonly tailBytes: number };
  readonly #head: Uint8Array[] = [];
  #headBytes = 0;
  #tail = Buffer.alloc(0);
  #omittedBytes = 0;
  #isCut = false;

  constructor(limits: { readonly headBytes: number; readonly tailBytes: number }) {
    this.#limits = limits;
  }

  write(chunk: Uint8Array): void {
    const room = this.#isCut ? 0 : this.#limits.headBytes - this.#headBytes;
    const head = Uint8Array.from(chunk.subarray(0, room));
    this.#head.push(head);
    this.#headBytes += head.length;
    if (head.length === chunk.length) return;
    this.#isCut = true;
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(head.length)]);
    if (this.#tail.length > 2 * this.#limits.tailBytes) this.#cut();
  }

  /** So many bytes are missing here. */
  omit(bytes: number): void {
    this.#isCut = true;
    this.#omittedBytes += bytes + this.#tail.length;
    this.#tail = Buffer.alloc(0);
  }

  /** What was kept, base64. */
  finish(): StreamBytes {
    this.#cut();
    const head = Buffer.concat(this.#head).toString('base64');
    if (!this.#isCut) return { head };
    const bytes = this.#tail.toString('base64');
    return { head, tail: { omitted_bytes: this.#omittedBytes, bytes } };
  }

  #cut(): void {
    const beyond = Math.max(0, this.#tail.length - this.#limits.tailBytes);
    this.#tail = Buffer.from(this.#tail.subarray(beyond));
    this.#omittedBytes += beyond;
  }
}
