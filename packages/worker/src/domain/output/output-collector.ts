import type { StreamBytes, StreamTail } from '@cynodeai/contracts/common';
import { endOfUtf8, truncateUtf8 } from '@cynodeai/runtime/std';
import { ByteKeeper, TextCheck } from './byte-keeper.ts';

export interface CollectedOutput {
  readonly text: string;
  readonly truncated: boolean;
  /** The end, where not all of the stream is in `text`. */
  readonly tail?: StreamTail;
  /** Its bytes, where it is no text and ends are kept. */
  readonly bytes?: StreamBytes;
}

/** What is kept of a stream, bytes. */
export interface OutputLimits {
  readonly headBytes: number;
  /** None unless told. */
  readonly tailBytes?: number;
}

/** Keeps the beginning and the end of a byte stream as text. */
export interface OutputCollector {
  write(chunk: Uint8Array, at?: Date): void;
  /** So many bytes of the stream are missing here. */
  omit(bytes: number): void;
  /** What was kept; the stream is over. */
  finish(): CollectedOutput;
}

/** The end of a stream: what comes last, in at most `maxBytes`. */
class TailCollector {
  readonly #maxBytes: number;
  #text = '';
  #omittedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(text: string): void {
    this.#text += text;
    if (this.#text.length > 2 * this.#maxBytes) this.#cut();
  }

  /** What was there before is not the end. */
  omit(bytes: number): void {
    this.#omittedBytes += bytes + new TextEncoder().encode(this.#text).length;
    this.#text = '';
  }

  finish(): StreamTail | undefined {
    this.#cut();
    if (this.#text === '' && this.#omittedBytes === 0) return undefined;
    return { omitted_bytes: this.#omittedBytes, text: this.#text };
  }

  #cut(): void {
    const { text, cutBytes } = endOfUtf8(this.#text, this.#maxBytes);
    this.#text = text;
    this.#omittedBytes += cutBytes;
  }
}

/** What a code point begun before a gap leaves behind it. */
function withoutHalf(chunk: Uint8Array): Uint8Array {
  let start = 0;
  while (start < 3 && ((chunk[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return chunk.subarray(start);
}

/**
 * A collector of at most `headBytes` of UTF-8 of the beginning and `tailBytes` of the end; `onText` hears each piece of
 * the beginning, and whether the stream is text so far. Invalid bytes become U+FFFD before they are measured; cuts lie
 * between code points; exactly `headBytes` are not truncated (REQ-WORKER-0146, REQ-WORKER-0147). See docs/reference/worker-api.md#sizes.
 */
export function createOutputCollector(
  { headBytes, tailBytes = 0 }: OutputLimits,
  onText: (text: string, at: Date | undefined, isText: boolean) => void = () => {},
): OutputCollector {
  let decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  const pieces: string[] = [];
  const tail = new TailCollector(tailBytes);
  const check = new TextCheck();
  const kept = tailBytes === 0 ? undefined : new ByteKeeper({ headBytes, tailBytes });
  let used = 0;
  let truncated = false;
  let isBehindGap = false;

  const keep = (text: string, at?: Date): void => {
    if (truncated) {
      tail.add(text);
      return;
    }
    const head = truncateUtf8(text, headBytes - used);
    if (head.text !== '') {
      pieces.push(head.text);
      onText(head.text, at, check.isText);
    }
    used += encoder.encode(head.text).length;
    truncated = head.truncated;
    if (truncated) tail.add(text.slice(head.text.length));
  };

  return {
    write: (chunk, at) => {
      // Nobody asks for what comes now.
      if (truncated && tailBytes === 0) return;
      check.write(chunk);
      kept?.write(chunk);
      const whole = isBehindGap ? withoutHalf(chunk) : chunk;
      isBehindGap = false;
      keep(decoder.decode(whole, { stream: true }), at);
    },
    omit: (bytes) => {
      decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      isBehindGap = true;
      truncated = true;
      tail.omit(bytes);
      check.gap();
      kept?.omit(bytes);
    },
    finish: () => {
      check.finish();
      keep(decoder.decode());
      const end = tailBytes === 0 ? undefined : tail.finish();
      const bytes = check.isText ? undefined : kept?.finish();
      return {
        text: pieces.join(''),
        truncated,
        ...(end && { tail: end }),
        ...(bytes && { bytes }),
      };
    },
  };
}
