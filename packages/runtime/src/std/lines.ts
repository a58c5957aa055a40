import { CodedError } from './coded-error.ts';

/** A line longer than its reader takes. */
export class LineError extends CodedError<'line_too_long'> {
  constructor(maxChars: number) {
    super('line_too_long', `a line is longer than ${maxChars} characters`);
  }
}

/**
 * Lines of a UTF-8 stream without their ends, which are LF, CRLF or CR, also when a CRLF is cut between chunks. A last
 * line without an end counts unless it is empty.
 * @throws LineError when a line is longer than `maxChars`, so that a peer cannot fill memory; what `chunks` throws
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  maxChars: number,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let endedByCr = false;
  for await (const chunk of chunks) {
    const decoded = decoder.decode(chunk, { stream: true });
    const text = endedByCr && decoded.startsWith('\n') ? decoded.slice(1) : decoded;
    if (decoded !== '') endedByCr = decoded.endsWith('\r');
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = lines.pop() ?? '';
    if (rest.length > maxChars || lines.some((line) => line.length > maxChars)) {
      throw new LineError(maxChars);
    }
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
