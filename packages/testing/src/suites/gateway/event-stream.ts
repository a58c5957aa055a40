import { type TaskEventName, taskEventSchemas } from '@cynodeai/contracts/gateway';
import { parseJson } from '@cynodeai/runtime/std';
import { expect } from 'vitest';

export interface StreamedEvent {
  readonly id: string;
  readonly event: TaskEventName;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event stream that is read by hand. */
export interface EventStream {
  readonly response: Response;
  /** The next frame, comments included; undefined at the end. */
  next(): Promise<string | undefined>;
  /** The next event, comments left out; undefined at the end. */
  nextEvent(): Promise<StreamedEvent | undefined>;
  /** Everything until the server closes, comments left out. */
  rest(): Promise<readonly StreamedEvent[]>;
  close(): void;
}

function isEventName(name: string): name is TaskEventName {
  return name in taskEventSchemas;
}

/** Reads a frame against its schema, which must know every field; undefined for a comment. */
function eventOf(frame: string): StreamedEvent | undefined {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? '';
  const event = field('event');
  if (!isEventName(event)) return undefined;
  const sent = parseJson(field('data'));
  const data = taskEventSchemas[event].parse(sent);
  expect(data).toEqual(sent);
  return { id: field('id'), event, data };
}

/** Opens the events of a task. */
export async function openEvents(
  url: string,
  token: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventStream> {
  const abort = new AbortController();
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: abort.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  const next = async (): Promise<string | undefined> => {
    for (;;) {
      const end = buffer.indexOf('\n\n');
      if (end !== -1) {
        const frame = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        return frame;
      }
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) return undefined;
      buffer += chunk.value;
    }
  };
  const nextEvent = async (): Promise<StreamedEvent | undefined> => {
    for (let frame = await next(); frame !== undefined; frame = await next()) {
      const event = eventOf(frame);
      if (event !== undefined) return event;
    }
    return undefined;
  };
  const rest = async (): Promise<readonly StreamedEvent[]> => {
    const events: StreamedEvent[] = [];
    for (let event = await nextEvent(); event !== undefined; event = await nextEvent()) {
      events.push(event);
    }
    return events;
  };
  return { response, next, nextEvent, rest, close: () => abort.abort() };
}
