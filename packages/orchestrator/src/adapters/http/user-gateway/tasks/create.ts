import { type CreateTaskRequest, type Task, gatewayRoutes, taskSchema } from '@cynodeai/contracts';
import { canonicalHash } from '@cynodeai/runtime/crypto';
import { type HttpServer, bindRoute } from '@cynodeai/runtime/http';
import { createTask } from '../../../../app/tasks/create-task.ts';
import { type CreateTaskOnceDeps, createTaskOnce } from '../../../../app/tasks/create-task-once.ts';
import type { Caller, CallerGuard } from '../caller.ts';
import { idempotencyKey } from '../idempotency-key.ts';

const route = gatewayRoutes.createTask;

async function createOnce(
  deps: CreateTaskOnceDeps,
  caller: Caller,
  request: CreateTaskRequest,
  key: string,
): Promise<Task> {
  const { principal, call } = caller;
  const outcome = await createTaskOnce(
    deps,
    { requestId: call.requestId, ip: call.ip, elapsedMs: call.elapsedMs, principal, request },
    {
      caller: `user:${principal.userId}`,
      method: route.method,
      path: route.path,
      key,
      bodyHash: Buffer.from(canonicalHash(request), 'hex'),
    },
  );
  call.written = outcome.kind === 'done';
  return outcome.kind === 'done' ? outcome.value : taskSchema.parse(outcome.body);
}

/** `POST /v1/tasks`. Contract 04 section 9.2. */
export function bindCreateTask(
  server: HttpServer,
  guard: CallerGuard,
  deps: CreateTaskOnceDeps,
): void {
  bindRoute(server, route, {
    guard,
    handle: async ({ caller, body: request, headers }) => {
      const { principal, call } = caller;
      const key = idempotencyKey(headers['idempotency-key']);
      let task: Task;
      if (key === undefined) {
        const context = { requestId: call.requestId, ip: call.ip, elapsedMs: call.elapsedMs };
        task = await createTask(deps, { ...context, principal, request, claim: undefined });
        call.written = true;
      } else {
        task = await createOnce(deps, caller, request, key);
      }
      call.resourceId = task.id;
      call.projectId = task.project_id;
      return { status: 201, body: task, headers: { location: `/v1/tasks/${task.id}` } };
    },
  });
}
