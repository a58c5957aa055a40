import { limits } from '@cynodeai/contracts/common';
import type { TaskList, TaskStatus } from '@cynodeai/contracts/gateway';
import { isInView } from '../../domain/identity/task-access.ts';
import { type Seal, decodeCursor, encodeCursor } from '../../domain/tasks/page-cursor.ts';
import { type TaskRecord, taskView } from '../../domain/tasks/task-record.ts';
import { storedTaskStatus } from '../../domain/tasks/task-status.ts';
import type { IdentityStore, SessionRef } from '../../ports/identity.ts';
import type { ProjectStore } from '../../ports/projects.ts';
import type { CallerTaskPage, CallerTasks, TaskPageQuery, TaskReader } from '../../ports/tasks.ts';
import { visibleProject } from '../projects/resolve-project.ts';

export interface ListTasksDeps {
  readonly tasks: Pick<TaskReader, 'list'>;
  readonly callerTasks: Pick<CallerTasks, 'list'>;
  readonly identity: Pick<IdentityStore, 'findSession'>;
  readonly projects: Pick<ProjectStore, 'find'>;
  readonly seal: Seal;
}

export interface ListTasksRequest {
  readonly status?: TaskStatus | undefined;
  readonly project_id?: string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

function pageQuery({ seal }: ListTasksDeps, request: ListTasksRequest): TaskPageQuery {
  return {
    status: request.status && storedTaskStatus(request.status),
    after: request.cursor === undefined ? undefined : decodeCursor(request.cursor, seal),
    limit: (request.limit ?? limits.pageDefault) + 1,
  };
}

/**
 * The caller with their page, undefined without a live session; the tasks of one project are left out, since the
 * caller must be known to see it first. @throws OrchestratorError `input_invalid`.
 */
export async function readTaskPage(
  deps: ListTasksDeps,
  session: SessionRef,
  now: Date,
  request: ListTasksRequest,
): Promise<CallerTaskPage | undefined> {
  const query = pageQuery(deps, request);
  if (request.project_id === undefined) return deps.callerTasks.list(session, now, query);
  const actor = await deps.identity.findSession(session, now);
  return actor && { actor, tasks: [] };
}

async function tasksOf(
  deps: ListTasksDeps,
  { actor, tasks }: CallerTaskPage,
  request: ListTasksRequest,
): Promise<readonly TaskRecord[]> {
  if (request.project_id === undefined) return tasks.filter((task) => isInView(actor, task));
  const project = await visibleProject(deps.projects, actor, request.project_id);
  return deps.tasks.list({ ...pageQuery(deps, request), projectId: project.id });
}

/**
 * One page of the caller's own tasks and those of readable projects, newest first.
 * See docs/reference/tasks-and-jobs.md#read-a-task.
 * @throws OrchestratorError `input_invalid`, `project_unknown`.
 */
export async function listTasks(
  deps: ListTasksDeps,
  read: CallerTaskPage,
  request: ListTasksRequest,
): Promise<TaskList> {
  const limit = request.limit ?? limits.pageDefault;
  const found = await tasksOf(deps, read, request);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    tasks: page.map(taskView),
    ...(found.length > limit && last && { next_cursor: encodeCursor(last, deps.seal) }),
  };
}
