import {
  type CreateTaskRequest,
  type Task,
  gatewayRoutes,
  taskSchema,
} from '@cynodeai/contracts/gateway';
import { canonicalHash } from '@cynodeai/runtime/crypto';
import { type HttpServer, type StreamedBody, bindRoute } from '@cynodeai/runtime/http';
import { createTask } from '../../../../app/tasks/create-task.ts';
import { type CreateTaskOnceDeps, createTaskOnce } from '../../../../app/tasks/create-task-once.ts';
import { type StoredAttachment, storeAttachments } from '../../../../app/tasks/task-blobs.ts';
import { readTaskInput } from '../../../../domain/tasks/task-input.ts';
import type { Caller, CallerGuard } from '../caller.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { openTaskForm } from './task-form.ts';

const route = gatewayRoutes.createTask;

/** A task as it was sent, in either form. */
interface SentTask {
  readonly request: CreateTaskRequest;
  /** Absent when it came as JSON. */
  readonly received?: readonly StoredAttachment[];
}

/** What makes two calls with one key the same call: the task, and its files by name, type and content. */
function bodyHash({ request, received }: SentTask): Buffer {
  const files = received?.map(({ name, contentType, sha256 }) => [name, contentType ?? '', sha256]);
  return Buffer.from(canonicalHash(files === undefined ? request : { request, files }), 'hex');
}

async function createOnce(
  deps: CreateTaskOnceDeps,
  caller: Caller,
  sent: SentTask,
  key: string,
): Promise<Task> {
  const { principal, call } = caller;
  const outcome = await createTaskOnce(
    deps,
    { requestId: call.requestId, ip: call.ip, elapsedMs: call.elapsedMs, principal, ...sent },
    {
      caller: `user:${principal.userId}`,
      method: route.method,
      path: route.path,
      key,
      bodyHash: bodyHash(sent),
    },
  );
  call.written = outcome.kind === 'done';
  return outcome.kind === 'done' ? outcome.value : taskSchema.parse(outcome.body);
}

/** The files are in storage when this resolves; nothing is when it rejects. */
async function receive(deps: CreateTaskOnceDeps, content: StreamedBody): Promise<SentTask> {
  const { request, files } = await openTaskForm(content);
  // What is wrong with the task is said before its files are awaited.
  readTaskInput(request);
  return { request, received: await storeAttachments(deps.blobs, files) };
}

/** `POST /v1/tasks`, as JSON or as a form with files. Contract 04 sections 9.2, 9.3. */
export function bindCreateTask(
  server: HttpServer,
  guard: CallerGuard,
  deps: CreateTaskOnceDeps,
): void {
  bindRoute(server, route, {
    guard,
    handle: async ({ caller, body, content, headers }) => {
      const { principal, call } = caller;
      const key = idempotencyKey(headers['idempotency-key']);
      const sent = content === undefined ? { request: body } : await receive(deps, content);
      let task: Task;
      if (key === undefined) {
        const context = { requestId: call.requestId, ip: call.ip, elapsedMs: call.elapsedMs };
        task = await createTask(deps, { ...context, principal, ...sent, claim: undefined });
        call.written = true;
      } else {
        task = await createOnce(deps, caller, sent, key);
      }
      call.resourceId = task.id;
      call.projectId = task.project_id;
      return { status: 201, body: task, headers: { location: `/v1/tasks/${task.id}` } };
    },
  });
}
