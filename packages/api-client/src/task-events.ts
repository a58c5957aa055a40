import { type TaskEvent, type TaskEventName, taskEventSchemas } from '@cynodeai/contracts/gateway';
import { z } from 'zod';
import { GatewayError } from './gateway-error.ts';
import type { RawEvent } from '@cynodeai/runtime/call';
import { parseJson, parseJsonOr } from '@cynodeai/runtime/std';

/** An event whose name this release does not know; its data is any object. */
export interface OtherTaskEvent {
  readonly id: string;
  readonly event: 'other';
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a task's stream brings. */
export type StreamedTaskEvent = TaskEvent | OtherTaskEvent;

function isKnown(name: string): name is TaskEventName {
  return Object.hasOwn(taskEventSchemas, name);
}

function understand(raw: RawEvent, event: TaskEventName): TaskEvent {
  let data: unknown;
  try {
    data = parseJson(raw.data);
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

const objectSchema = z.record(z.string(), z.unknown());

function passOn(raw: RawEvent): OtherTaskEvent | undefined {
  const { data } = objectSchema.safeParse(parseJsonOr(raw.data));
  return data && { id: raw.id, event: 'other', name: raw.event, data };
}

/**
 * The events of a task's stream: known ones checked, objects under names this release does not know
 * as they are, the rest skipped. See docs/reference/tasks-and-jobs.md#events.
 * @throws GatewayError for a known event of another shape.
 */
export async function* readTaskEvents(
  events: AsyncIterable<RawEvent>,
): AsyncGenerator<StreamedTaskEvent, void> {
  for await (const raw of events) {
    const event = isKnown(raw.event) ? understand(raw, raw.event) : passOn(raw);
    if (event !== undefined) yield event;
  }
}
