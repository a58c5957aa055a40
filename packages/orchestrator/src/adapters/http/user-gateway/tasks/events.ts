import { Readable } from 'node:stream';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { findTask } from '../../../../app/tasks/find-task.ts';
import {
  type TaskEventsDeps,
  type TaskStreamItem,
  streamTaskEvents,
} from '../../../../app/tasks/stream-task-events.ts';
import { OrchestratorError } from '../../../../domain/errors.ts';
import type { UserSession } from '../../../../domain/identity/actor.ts';
import type { CallerGuard } from '../caller.ts';

export interface BindTaskEventsDeps extends Omit<TaskEventsDeps, 'recheck'> {
  /** The caller as they are now; rejects once the session has ended. */
  readonly recheck: (actor: UserSession) => Promise<UserSession>;
}

function frame(item: TaskStreamItem): string {
  if (item === 'heartbeat') return ': alive\n\n';
  return `id: ${item.id}\nevent: ${item.event}\ndata: ${JSON.stringify(item.data)}\n\n`;
}

/** Ends quietly when the caller may no longer read: the status line is sent, there is no other way to say so. */
async function* frames(items: AsyncIterable<TaskStreamItem>): AsyncGenerator<string> {
  // Opens the body, so that a client sees the answer before the first event.
  yield ': open\n\n';
  try {
    for await (const item of items) yield frame(item);
  } catch (error) {
    if (!(error instanceof OrchestratorError)) throw error;
  }
}

/**
 * `GET /v1/tasks/{id}/events`; `stopping` ends every stream.
 * See docs/reference/tasks-and-jobs.md#events.
 */
export function bindTaskEvents(
  server: HttpServer,
  guard: CallerGuard,
  deps: BindTaskEventsDeps,
  stopping: AbortSignal,
): void {
  bindRoute(server, gatewayRoutes.streamTaskEvents, {
    guard,
    handle: async ({ caller: { actor, call }, params, headers, signal }) => {
      const task = await findTask(deps.tasks, actor, params.id);
      call.resourceId = task.id;
      call.projectId = task.projectId;
      const header = headers['last-event-id'];
      const last = typeof header === 'string' ? header : undefined;
      const after = await deps.tasks.resumeAfter(task.id, last);
      const items = streamTaskEvents(
        { ...deps, recheck: () => deps.recheck(actor) },
        task,
        after,
        AbortSignal.any([signal, stopping]),
      );
      return {
        status: 200,
        stream: Readable.from(frames(items), { objectMode: false }),
        headers: { 'x-accel-buffering': 'no' },
      };
    },
  });
}
