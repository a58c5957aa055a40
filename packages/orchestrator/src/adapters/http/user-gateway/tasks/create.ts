import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { canonicalHash } from '@cynodeai/runtime/crypto';
import { type HttpServer, type StreamedBody, bindRoute } from '@cynodeai/runtime/http';
import { type SentTask, createTask } from '../../../../app/tasks/create-task.ts';
import { type CreateTaskOnceDeps, createTaskOnce } from '../../../../app/tasks/create-task-once.ts';
import { requireRoom } from '../../../../app/tasks/require-room.ts';
import { storeAttachments } from '../../../../app/tasks/task-blobs.ts';
import { actorId } from '../../../../domain/identity/actor.ts';
import { readTaskInput } from '../../../../domain/tasks/task-input.ts';
import type { CallerGuard, HttpCaller } from '../caller.ts';
import { idempotencyKey } from '../idempotency-key.ts';
import { openTaskForm } from './task-form.ts';

const route = gatewayRoutes.createTask;

/** What makes two calls with one key the same call: the task, and its files by name, type and content. */
function bodyHash({ request, received }: SentTask): Buffer {
  const files = received?.map(({ name, contentType, sha256 }) => [name, contentType ?? '', sha256]);
  return Buffer.from(canonicalHash(files === undefined ? request : { request, files }), 'hex');
}

/** Makes the task; with a key at most once. */
function createFor(
  deps: CreateTaskOnceDeps,
  caller: HttpCaller,
  sent: SentTask,
  key: string | undefined,
) {
  if (key === undefined) return createTask(deps, caller, sent);
  const { method, path } = route;
  const call = { caller: actorId(caller.actor), method, path, key, bodyHash: bodyHash(sent) };
  return createTaskOnce(deps, caller, sent, call);
}

/** The files are in storage when this resolves; nothing is when it rejects. */
async function receive(deps: CreateTaskOnceDeps, content: StreamedBody): Promise<SentTask> {
  const { request, files } = await openTaskForm(content);
  // What is wrong with the task is said before its files are awaited.
  readTaskInput(request);
  await requireRoom(deps.disk);
  return { request, received: await storeAttachments(deps.blobs, files) };
}

/**
 * `POST /v1/tasks`, as JSON or as a form with files. See docs/reference/tasks-and-jobs.md#create
 * and docs/reference/tasks-and-jobs.md#attachments.
 */
export function bindCreateTask(
  server: HttpServer,
  guard: CallerGuard,
  deps: CreateTaskOnceDeps,
): void {
  bindRoute(server, route, {
    guard,
    handle: async ({ caller, body, content, headers }) => {
      const { call } = caller;
      const key = idempotencyKey(headers['idempotency-key']);
      const sent = content === undefined ? { request: body } : await receive(deps, content);
      const { kind, value: task } = await createFor(deps, caller, sent, key);
      call.resourceId = task.id;
      call.projectId = task.project_id;
      return {
        status: call.answers(kind),
        body: task,
        headers: { location: `/v1/tasks/${task.id}` },
      };
    },
  });
}
