import {
  FailureTolerance,
  type GatewayClient,
  type Pause,
  followEvents,
  pauseFor,
} from '@cynodeai/api-client';
import { type LogStream, gatewayRoutes, isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import { logsOf, type ShownLogs } from '../../gateway/answers.ts';

type OutputStream = 'stdout' | 'stderr';

/** New output of a task. */
export interface LogPiece {
  readonly taskId: string;
  readonly jobId: string | undefined;
  readonly stream: OutputStream;
  readonly text: string;
  /** So many bytes are left out before it. */
  readonly omittedBytes?: number | undefined;
  /** The stream is no text. */
  readonly binary?: boolean | undefined;
}

export interface FollowOptions {
  readonly task: string;
  readonly stream: LogStream;
  readonly signal: AbortSignal;
  readonly pause?: Pause;
}

const pauseMs = 2000;

/** Characters handed out so far, so that a change to polling repeats nothing. */
type Progress = Record<OutputStream, number>;

function wanted(stream: LogStream): readonly OutputStream[] {
  return stream === 'all' ? ['stdout', 'stderr'] : [stream];
}

/** Output from the event stream; true once the task has ended, false when polling has to take over. */
async function* fromEvents(
  client: GatewayClient,
  options: FollowOptions,
  progress: Progress,
): AsyncGenerator<LogPiece, boolean> {
  const streams = wanted(options.stream);
  const events = followEvents(client, options);
  for (;;) {
    const { value: event, done } = await events.next();
    if (done) return event;
    if (event.event !== 'job.log' || !streams.includes(event.data.stream)) continue;
    const {
      task_id: taskId,
      job_id: jobId,
      stream,
      text,
      omitted_bytes: omittedBytes,
      binary,
    } = event.data;
    progress[stream] += text.length;
    yield { taskId, jobId, stream, text, omittedBytes, binary };
  }
}

/** The end of a cut stream, once: it is there when the job has ended. */
function* tailOf(
  logs: ShownLogs,
  stream: OutputStream,
  progress: Progress,
): Generator<LogPiece, void> {
  const { omitted_bytes: omittedBytes, text = '' } = logs.tail?.[stream] ?? {};
  const head = logs[stream]?.length ?? 0;
  if (text === '' || progress[stream] > head) return;
  progress[stream] += text.length;
  yield { taskId: logs.task_id, jobId: undefined, stream, text, omittedBytes };
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
      const answer = await client.read(gatewayRoutes.getTaskLogs, {
        params: { id: task },
        query: { stream },
      });
      const logs = logsOf(answer);
      tolerance.reset();
      for (const name of wanted(stream)) {
        const text = (logs[name] ?? '').slice(progress[name]);
        progress[name] += text.length;
        if (text !== '') yield { taskId: logs.task_id, jobId: undefined, stream: name, text };
        yield* tailOf(logs, name, progress);
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
 * New output until the task has ended: from the event stream, resumed when it is cut, else by
 * asking every 2 s. See docs/reference/cli.md#waiting and docs/reference/cli.md#task-commands.
 * @throws GatewayError after four failures in a row.
 */
export async function* followLogs(
  client: GatewayClient,
  options: FollowOptions,
): AsyncGenerator<LogPiece, void> {
  const progress: Progress = { stdout: 0, stderr: 0 };
  const ended = yield* fromEvents(client, options, progress);
  // The events of an old task may be pruned while its output is still stored.
  const missed = progress.stdout + progress.stderr === 0;
  if (!ended || missed) yield* pollLogs(client, options, progress, ended);
}
