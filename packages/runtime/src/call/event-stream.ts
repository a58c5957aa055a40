import { LineError, linesOf } from '../std/index.ts';
import { CallError } from './call-error.ts';

/** One event of a `text/event-stream`, before its data is understood. */
export interface RawEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Longest event that is collected, characters; the largest documented one stays below 128 Ki. */
const maxEventChars = 1024 * 1024;

function tooLong(cause?: unknown): CallError {
  return new CallError('too_large', 'an event of the stream is too long', { cause });
}

async function* eventLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  try {
    yield* linesOf(chunks, maxEventChars);
  } catch (error) {
    throw error instanceof LineError ? tooLong(error) : error;
  }
}

/**
 * Parses server-sent events; comments and `retry` are skipped, an event cut off by the end is dropped.
 * @throws CallError `too_large` for an event longer than 1 Mi characters
 */
export async function* readEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<RawEvent, void> {
  let id = '';
  let event = '';
  let data: string[] = [];
  let size = 0;
  for await (const line of eventLines(chunks)) {
    if (line === '') {
      if (data.length > 0)
        yield { id, event: event === '' ? 'message' : event, data: data.join('\n') };
      event = '';
      data = [];
      size = 0;
      continue;
    }
    const [field = '', ...rest] = line.split(':');
    const value = rest.join(':').replace(/^ /, '');
    if (field === 'event') event = value;
    if (field === 'id' && !value.includes('\u0000')) id = value;
    if (field === 'data') {
      size += value.length;
      if (size > maxEventChars) throw tooLong();
      data.push(value);
    }
  }
}
