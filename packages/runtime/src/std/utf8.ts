const encoder = new TextEncoder();

/** Index of the last code point boundary at or before `end`; the bytes must be well-formed UTF-8. */
function boundaryBefore(bytes: Uint8Array, end: number): number {
  let index = end;
  while (index > 0 && ((bytes[index] ?? 0) & 0xc0) === 0x80) index -= 1;
  return index;
}

/** The longest prefix of `text` with at most `maxBytes` of UTF-8 that ends on a whole code point. */
export function truncateUtf8(
  text: string,
  maxBytes: number,
): { readonly text: string; readonly truncated: boolean } {
  if (text.length * 3 <= maxBytes) return { text, truncated: false };
  const bytes = encoder.encode(text);
  if (bytes.length <= maxBytes) return { text, truncated: false };
  const end = boundaryBefore(bytes, maxBytes);
  return {
    text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, end)),
    truncated: true,
  };
}

/** The longest end of `text` with at most `maxBytes` of UTF-8 that begins on a whole code point, and what is cut off, bytes. */
export function endOfUtf8(
  text: string,
  maxBytes: number,
): { readonly text: string; readonly cutBytes: number } {
  if (text.length * 3 <= maxBytes) return { text, cutBytes: 0 };
  const bytes = encoder.encode(text);
  let start = Math.max(0, bytes.length - maxBytes);
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return { text: decoder.decode(bytes.subarray(start)), cutBytes: start };
}

/** `text` in pieces of at most `maxBytes` (4 or more) of UTF-8, cut between code points; none for an empty text. */
export function splitUtf8(text: string, maxBytes: number): string[] {
  const bytes = encoder.encode(text);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end =
      start + maxBytes >= bytes.length ? bytes.length : boundaryBefore(bytes, start + maxBytes);
    pieces.push(decoder.decode(bytes.subarray(start, end)));
    start = end;
  }
  return pieces;
}

/**
 * Text as PostgreSQL can store it: U+0000 and lone surrogates become U+FFFD.
 * See docs/reference/database.md#conventions.
 */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}
