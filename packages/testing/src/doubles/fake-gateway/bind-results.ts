import { type TaskEvent, gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { Readable } from 'node:stream';
import type { CallerGuard } from './bind-auth.ts';
import type { FakeTask } from './fake-task.ts';
import type { FakeTasks } from './fake-tasks.ts';

async function untilEnded(task: FakeTask, waitSeconds: number, signal: AbortSignal): Promise<void> {
  const over = AbortSignal.any([signal, AbortSignal.timeout(waitSeconds * 1000)]);
  while (!task.hasEnded && !over.aborted) await task.changed(over);
}

function frame({ id, event, data }: TaskEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The events of a task as they happen; signs of life between them are left out. */
async function* frames(
  task: FakeTask,
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield ': open\n\n';
  let position = task.events.findIndex(({ id }) => id === lastEventId) + 1;
  for (;;) {
    for (; position < task.events.length; position += 1) {
      const event = task.events[position];
      if (event !== undefined) yield frame(event);
    }
    if (task.hasEnded || signal.aborted) return;
    await task.changed(signal);
  }
}

/** What becomes of a task. See docs/reference/tasks-and-jobs.md#results. */
export function bindResults(server: HttpServer, guard: CallerGuard, tasks: FakeTasks): void {
  bindRoute(server, gatewayRoutes.getTaskResult, {
    guard,
    handle: async ({ caller, params, query, signal }) => {
      const task = tasks.find(caller, params.id);
      await untilEnded(task, query.wait ?? 0, signal);
      return { status: 200, body: task.result() };
    },
  });
  bindRoute(server, gatewayRoutes.getTaskLogs, {
    guard,
    handle: ({ caller, params, query }) => ({
      status: 200,
      body: tasks.find(caller, params.id).logs(query.stream ?? 'all'),
    }),
  });
  bindRoute(server, gatewayRoutes.streamTaskEvents, {
    guard,
    handle: ({ caller, params, headers, signal }) => {
      const last = headers['last-event-id'];
      const task = tasks.find(caller, params.id);
      const items = frames(task, typeof last === 'string' ? last : undefined, signal);
      return { status: 200, stream: Readable.from(items, { objectMode: false }) };
    },
  });
}
