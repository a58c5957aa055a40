import type { ModelCall } from './model-call.ts';
import { openStream, writeChunk } from './write-stream.ts';

/** Sends server-sent events that carry their name twice, as the newer wires do. */
export function eventSender(call: ModelCall): (type: string, data: object) => Promise<void> {
  return async (type, data) => {
    openStream(call, 'text/event-stream');
    await writeChunk(call, `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
}
