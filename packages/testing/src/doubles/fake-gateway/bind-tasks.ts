import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import type { CallerGuard } from './bind-auth.ts';
import type { FakeTasks } from './fake-tasks.ts';
import { fromForm, fromJson } from './task-form.ts';
import { refuseField } from './task-input.ts';

function keyOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? refuseField('Idempotency-Key', 'must come once') : header;
}

/** Create, rerun, list, get, cancel and delete. See docs/reference/tasks-and-jobs.md. */
export function bindTasks(server: HttpServer, guard: CallerGuard, tasks: FakeTasks): void {
  bindRoute(server, gatewayRoutes.createTask, {
    guard,
    handle: async ({ caller, body, content, headers }) => {
      const sent = content === undefined ? fromJson(body) : await fromForm(content);
      const task = tasks.create(caller, sent, keyOf(headers['idempotency-key']));
      return { status: 201, body: task, headers: { location: `/v1/tasks/${task.id}` } };
    },
  });
  bindRoute(server, gatewayRoutes.rerunTask, {
    guard,
    handle: ({ caller, params, body, headers }) => {
      const key = keyOf(headers['idempotency-key']);
      const task = tasks.rerun(caller, params.id, body, key);
      return { status: 201, body: task, headers: { location: `/v1/tasks/${task.id}` } };
    },
  });
  bindRoute(server, gatewayRoutes.listTasks, {
    guard,
    handle: ({ caller, query }) => ({ status: 200, body: tasks.list(caller, query) }),
  });
  bindRoute(server, gatewayRoutes.getTask, {
    guard,
    handle: ({ caller, params }) => ({ status: 200, body: tasks.find(caller, params.id).view() }),
  });
  bindRoute(server, gatewayRoutes.deleteTask, {
    guard,
    handle: ({ caller, params }) => {
      const { facts } = tasks.remove(caller, params.id);
      return {
        status: 200,
        body: { task_id: facts.id, task_name: facts.name, deleted: true as const },
      };
    },
  });
  bindRoute(server, gatewayRoutes.cancelTask, {
    guard,
    handle: ({ caller, params }) => {
      const { facts } = tasks.cancel(caller, params.id);
      return {
        status: 200,
        body: { task_id: facts.id, task_name: facts.name, canceled: true as const },
      };
    },
  });
}
