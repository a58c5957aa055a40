import { gatewayRoutes, isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import type { GatewayClient } from './gateway-client.ts';
import { GatewayError } from './gateway-error.ts';
import { FailureTolerance, type Pause, pauseFor } from './poll-task.ts';
import type { StreamedTaskEvent } from './task-events.ts';

export interface FollowEventsOptions {
  readonly task: string;
  readonly signal: AbortSignal;
  readonly pause?: Pause;
}

const pauseMs = 2000;

/** Event ids are ascending numbers; a server that no longer knows the last one starts over. */
function isOld(id: string, last: string | undefined): boolean {
  const number = /^\d{1,18}$/;
  return last !== undefined && number.test(id) && number.test(last) && BigInt(id) <= BigInt(last);
}

async function hasEnded(client: GatewayClient, task: string): Promise<boolean> {
  const { status } = await client.read(gatewayRoutes.getTask, { params: { id: task } });
  return status !== undefined && isTerminalTaskStatus(status);
}

/**
 * The events of a task, each once, resumed when the stream is cut or closed. True once the terminal
 * `task.status` was handed out, false when polling has to take over: no stream is offered, or it no
 * longer tells how the task ended. See docs/reference/cli.md#waiting.
 * @throws GatewayError after four failures in a row.
 */
export async function* followEvents(
  client: GatewayClient,
  { task, signal, pause = pauseFor }: FollowEventsOptions,
): AsyncGenerator<StreamedTaskEvent, boolean> {
  const tolerance = new FailureTolerance();
  let last: string | undefined;
  let opened = false;
  for (;;) {
    let news = false;
    try {
      const resume = { signal, ...(last !== undefined && { lastEventId: last }) };
      for await (const event of client.events(task, resume)) {
        if (isOld(event.id, last)) continue;
        tolerance.reset();
        news = true;
        opened = true;
        last = event.id;
        yield event;
        // Whoever took it may be why: there is nobody to print it for.
        signal.throwIfAborted();
        if (event.event === 'task.status' && isTerminalTaskStatus(event.data.status)) return true;
      }
      if (news) continue;
      // Closed without a word: either the usual end of a long silence, or the events of an old task are pruned.
      if (await hasEnded(client, task)) return false;
      await pause(pauseMs, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof GatewayError)) throw error;
      if (!error.transient || !opened) return false;
      await pause(tolerance.tolerate(error), signal);
    }
  }
}
