import { parseJson } from '@cynodeai/runtime/std';
import { type TaskEventName, taskEventSchemas } from '@cynodeai/contracts/gateway';

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
  /** Everything until the server closes, comments left out. */
  rest(): Promise<readonly StreamedEvent[]>;
  close(): void;
}

function isEventName(name: string): name is TaskEventName {
  return name in taskEventSchemas;
}

/** Reads a frame against its schema. */
export function eventOf(frame: string): StreamedEvent | undefined {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? '';
  const event = field('event');
  if (!isEventName(event)) return undefined;
  return { id: field('id'), event, data: taskEventSchemas[event].parse(parseJson(field('data'))) };
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
  const rest = async (): Promise<readonly StreamedEvent[]> => {
    const events: StreamedEvent[] = [];
    for (let frame = await next(); frame !== undefined; frame = await next()) {
      const event = eventOf(frame);
      if (event !== undefined) events.push(event);
    }
    return events;
  };
  return { response, next, rest, close: () => abort.abort() };
}
