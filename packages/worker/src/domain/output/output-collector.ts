import { truncateUtf8 } from '@cynodeai/runtime/std';

export interface CollectedOutput {
  readonly text: string;
  readonly truncated: boolean;
}

/** Keeps the beginning of a byte stream as text. */
export interface OutputCollector {
  /** Takes the next bytes; beyond the limit they are dropped unread. */
  write(chunk: Uint8Array): void;
  /** What was kept; the stream is over. */
  finish(): CollectedOutput;
}

/**
 * A collector of at most `maxBytes` of UTF-8; `onText` hears each piece that is kept. Invalid bytes become U+FFFD before they are measured;
 * the cut lies between code points; exactly `maxBytes` is not truncated (REQ-WORKER-0146,
 * REQ-WORKER-0147). See docs/reference/worker-api.md#sizes.
 */
export function createOutputCollector(
  maxBytes: number,
  onText: (text: string) => void = () => {},
): OutputCollector {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  const pieces: string[] = [];
  let used = 0;
  let truncated = false;

  const keep = (text: string): void => {
    const kept = truncateUtf8(text, maxBytes - used);
    if (kept.text !== '') {
      pieces.push(kept.text);
      onText(kept.text);
    }
    used += encoder.encode(kept.text).length;
    truncated ||= kept.truncated;
  };

  return {
    write: (chunk) => {
      if (!truncated) keep(decoder.decode(chunk, { stream: true }));
    },
    finish: () => {
      if (!truncated) keep(decoder.decode());
      return { text: pieces.join(''), truncated };
    },
  };
}
