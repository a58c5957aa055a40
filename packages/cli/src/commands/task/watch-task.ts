import {
  FailureTolerance,
  type GatewayClient,
  type StreamedTaskEvent,
  followEvents,
  pauseFor,
  pollTask,
} from '@cynodeai/api-client';
import { gatewayRoutes, isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import { type ShownResult, resultOf } from '../../gateway/answers.ts';

export interface WatchOptions {
  readonly task: string;
  readonly signal: AbortSignal;
  /** Pause between questions where there is no event stream, ms. */
  readonly pauseMs: number;
}

/** Where the sights of a watch go. */
export interface Watcher {
  /** Every event as it arrives. */
  readonly onEvent: (event: StreamedTaskEvent) => Promise<void>;
  /** Every answer of the gateway about the task; `polled` when it came of asking again and again. */
  readonly onResult: (result: ShownResult, polled: boolean) => Promise<void>;
}

/** Asks about the task until a terminal answer; each answer is handed out. */
async function poll(
  client: GatewayClient,
  { task, signal, pauseMs }: WatchOptions,
  onResult: Watcher['onResult'],
): Promise<void> {
  await pollTask(
    async ({ waitSeconds, timeoutMs }) =>
      resultOf(
        await client.read(gatewayRoutes.getTaskResult, {
          params: { id: task },
          query: { wait: waitSeconds },
          timeoutMs,
        }),
      ),
    { signal, pauseMs, onAnswer: (result) => onResult(result, true) },
  );
}

/**
 * Only the events, until the terminal status; polling where there is no stream.
 * See docs/reference/cli.md#task-commands.
 */
export async function watchEvents(
  client: GatewayClient,
  options: WatchOptions,
  { onEvent, onResult }: Watcher,
): Promise<void> {
  const events = followEvents(client, options);
  for (;;) {
    const { value, done } = await events.next();
    if (!done) await onEvent(value);
    else if (value) return;
    else return poll(client, options, onResult);
  }
}

/** Asks once, a few passing failures aside. */
async function ask(client: GatewayClient, { task, signal }: WatchOptions): Promise<ShownResult> {
  const tolerance = new FailureTolerance();
  for (;;) {
    try {
      return resultOf(await client.read(gatewayRoutes.getTaskResult, { params: { id: task } }));
    } catch (error) {
      signal.throwIfAborted();
      await pauseFor(tolerance.tolerate(error), signal);
    }
  }
}

/**
 * The task as it is now and after every event that changes it, until it has ended.
 * See docs/reference/cli.md#task-commands.
 */
export async function watchResult(
  client: GatewayClient,
  options: WatchOptions,
  { onEvent, onResult }: Watcher,
): Promise<void> {
  let ended = false;
  const look = async (): Promise<void> => {
    const result = await ask(client, options);
    ended = isTerminalTaskStatus(result.status);
    await onResult(result, false);
  };
  await look();
  if (ended) return;
  const events = followEvents(client, options);
  for (;;) {
    const { value: event, done } = await events.next();
    if (done && !event) return poll(client, options, onResult);
    if (done) return;
    await onEvent(event);
    if (event.event === 'task.status') await look();
    if (ended) return;
  }
}
