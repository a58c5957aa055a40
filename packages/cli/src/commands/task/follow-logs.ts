import {
  FailureTolerance,
  GatewayError,
  type GatewayClient,
  type Pause,
  pauseFor,
} from '@cynodeai/api-client';
import { type LogStream, isTerminalTaskStatus } from '@cynodeai/contracts';
import { readRoutes } from '../../gateway/read-routes.ts';

type OutputStream = 'stdout' | 'stderr';

/** New output of a task. */
export interface LogPiece {
  readonly taskId: string;
  readonly jobId: string | undefined;
  readonly stream: OutputStream;
  readonly text: string;
}

export interface FollowOptions {
  readonly task: string;
  readonly stream: LogStream;
  readonly signal: AbortSignal;
  readonly pause?: Pause;
}

const pauseMs = 2000;

/** What has been handed out so far, so that neither a resumed stream nor a change to polling repeats it. */
interface Progress {
  lastEventId: string | undefined;
  readonly printedChars: Record<OutputStream, number>;
}

/** Event ids are ascending numbers; a server that no longer knows the last one starts over. */
function isOld(id: string, last: string | undefined): boolean {
  const number = /^\d{1,18}$/;
  return last !== undefined && number.test(id) && number.test(last) && BigInt(id) <= BigInt(last);
}

function wanted(stream: LogStream): readonly OutputStream[] {
  return stream === 'all' ? ['stdout', 'stderr'] : [stream];
}

/** Follows the event stream; true once the task has ended, false when polling has to take over. */
async function* followEvents(
  client: GatewayClient,
  options: FollowOptions,
  progress: Progress,
): AsyncGenerator<LogPiece, boolean> {
  const { task, signal, pause = pauseFor } = options;
  const streams = wanted(options.stream);
  const tolerance = new FailureTolerance();
  for (;;) {
    let waitMs = pauseMs;
    const { lastEventId } = progress;
    try {
      for await (const event of client.events(task, { ...(lastEventId && { lastEventId }) })) {
        if (isOld(event.id, progress.lastEventId)) continue;
        tolerance.reset();
        waitMs = 0;
        progress.lastEventId = event.id;
        if (event.event === 'job.log' && streams.includes(event.data.stream)) {
          const { task_id: taskId, job_id: jobId, stream, text } = event.data;
          progress.printedChars[stream] += text.length;
          yield { taskId, jobId, stream, text };
        }
        if (event.event === 'task.status' && isTerminalTaskStatus(event.data.status)) return true;
      }
    } catch (error) {
      signal.throwIfAborted();
      const resumable = error instanceof GatewayError && error.transient;
      if (!(error instanceof GatewayError)) throw error;
      if (!resumable || progress.lastEventId === undefined) return false;
      waitMs = tolerance.tolerate(error);
    }
    if (waitMs > 0) await pause(waitMs, signal);
  }
}

/** Asks for the output as it is stored and hands out what is new; ends with the task, or at once when `once` is set. */
async function* pollLogs(
  client: GatewayClient,
  { task, stream, signal, pause = pauseFor }: FollowOptions,
  progress: Progress,
  once: boolean,
): AsyncGenerator<LogPiece, void> {
  const tolerance = new FailureTolerance();
  for (;;) {
    let waitMs = pauseMs;
    try {
      const logs = await client.call(readRoutes.getTaskLogs, {
        params: { id: task },
        query: { stream },
      });
      tolerance.reset();
      for (const name of wanted(stream)) {
        const text = (logs[name] ?? '').slice(progress.printedChars[name]);
        progress.printedChars[name] += text.length;
        if (text !== '') yield { taskId: logs.task_id, jobId: undefined, stream: name, text };
      }
      if (once || isTerminalTaskStatus(logs.status)) return;
    } catch (error) {
      signal.throwIfAborted();
      waitMs = tolerance.tolerate(error);
    }
    await pause(waitMs, signal);
  }
}

/**
 * New output until the task has ended: from the event stream, resumed when it is cut, else by asking every 2 s.
 * Contract 05 sections 5 and 7.7. @throws GatewayError after four failures in a row.
 */
export async function* followLogs(
  client: GatewayClient,
  options: FollowOptions,
): AsyncGenerator<LogPiece, void> {
  const progress: Progress = { lastEventId: undefined, printedChars: { stdout: 0, stderr: 0 } };
  const ended = yield* followEvents(client, options, progress);
  const { stdout, stderr } = progress.printedChars;
  // The events of an old task may be pruned while its output is still stored.
  if (!ended || stdout + stderr === 0) yield* pollLogs(client, options, progress, ended);
}
