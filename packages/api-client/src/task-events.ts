import { type TaskEvent, type TaskEventName, taskEventSchemas } from '@cynodeai/contracts';
import { GatewayError } from './gateway-error.ts';
import { type RawEvent, readEvents } from './event-stream.ts';

function isKnown(name: string): name is TaskEventName {
  return Object.hasOwn(taskEventSchemas, name);
}

function understand(raw: RawEvent, event: TaskEventName): TaskEvent {
  let data: unknown;
  try {
    data = JSON.parse(raw.data);
  } catch (cause) {
    throw new GatewayError('gateway', `the data of ${event} is not JSON`, { cause });
  }
  const parsed = taskEventSchemas[event].safeParse(data);
  if (parsed.success) {
    // The schema was chosen by the event's name, which is what ties the two in TaskEvent.
    return { id: raw.id, event, data: parsed.data } as TaskEvent;
  }
  const field = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new GatewayError('gateway', `an event ${event} is not of the documented shape: ${field}`);
}

/** The known events of a task's stream; names this release does not know are skipped. Contract 04 section 9.6. */
export async function* readTaskEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<TaskEvent, void> {
  for await (const raw of readEvents(chunks)) {
    if (isKnown(raw.event)) yield understand(raw, raw.event);
  }
}
