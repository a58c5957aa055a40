import { ProblemError } from './problem-error.ts';

/** Values of one body: far more than any documented one has. */
const usualValues = 10_000;
/** How deep they stand in each other. */
const maxDepth = 64;

const quote = 0x22;
const backslash = 0x5c;
const openers: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closers: ReadonlySet<number> = new Set([0x5d, 0x7d]);
const comma = 0x2c;

/** Index behind the string that begins at `start`; the length of the bytes when it does not end. */
function behindString(bytes: Buffer, start: number): number {
  let end = start;
  for (;;) {
    end = bytes.indexOf(quote, end + 1);
    if (end === -1) return bytes.length;
    let escapes = 0;
    while (bytes[end - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
}

/**
 * Refuses JSON of more values or levels than a parser, and the schemas behind it, handle at once. It looks at the bytes
 * alone: whether they are JSON is for the parser to say.
 * @throws ProblemError `validation`
 */
export function checkJsonBounds(bytes: Buffer, maxValues = usualValues): void {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) {
      at = behindString(bytes, at);
      continue;
    }
    if (byte === comma || openers.has(byte)) values += 1;
    if (openers.has(byte)) depth += 1;
    else if (closers.has(byte)) depth -= 1;
    if (values > maxValues) {
      throw new ProblemError('validation', `the body has more than ${maxValues} values`);
    }
    if (depth > maxDepth) {
      throw new ProblemError('validation', `the body is nested deeper than ${maxDepth} levels`);
    }
    at += 1;
  }
}
