import { GatewayError } from './gateway-error.ts';

/** One event of a `text/event-stream`, before its data is understood. */
export interface RawEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Longest event that is collected, characters; the largest documented one stays below 128 Ki. */
const maxEventChars = 1024 * 1024;

/** Splits chunks into lines ended by LF, CR or CRLF, also when CRLF is cut between chunks. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let endedByCr = false;
  for await (const chunk of chunks) {
    let text = decoder.decode(chunk, { stream: true });
    if (endedByCr && text.startsWith('\n')) text = text.slice(1);
    if (text !== '') endedByCr = text.endsWith('\r');
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = lines.pop() ?? '';
    if (rest.length > maxEventChars) throw tooLong();
    yield* lines;
  }
}

function tooLong(): GatewayError {
  return new GatewayError('gateway', 'an event of the stream is too long');
}

/** Parses server-sent events; comments and `retry` are skipped, an event cut off by the end is dropped. */
export async function* readEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<RawEvent, void> {
  let id = '';
  let event = '';
  let data: string[] = [];
  let size = 0;
  for await (const line of linesOf(chunks)) {
    if (line === '') {
      if (data.length > 0)
        yield { id, event: event === '' ? 'message' : event, data: data.join('\n') };
      event = '';
      data = [];
      size = 0;
      continue;
    }
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    if (field === 'id' && !value.includes('\u0000')) id = value;
    if (field === 'data') {
      size += value.length;
      if (size > maxEventChars) throw tooLong();
      data.push(value);
    }
  }
}
