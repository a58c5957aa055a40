import { limits } from '@cynodeai/contracts/common';
import type { TaskList, TaskStatus } from '@cynodeai/contracts/gateway';
import type { UserActor } from '../../domain/identity/actor.ts';
import { overseesAll, readableProjectIds } from '../../domain/identity/task-access.ts';
import { type Seal, decodeCursor, encodeCursor } from '../../domain/tasks/page-cursor.ts';
import { taskView } from '../../domain/tasks/task-record.ts';
import { storedTaskStatus } from '../../domain/tasks/task-status.ts';
import type { ProjectStore } from '../../ports/projects.ts';
import type { TaskReader } from '../../ports/tasks.ts';
import { visibleProject } from '../projects/resolve-project.ts';

export interface ListTasksDeps {
  readonly tasks: Pick<TaskReader, 'list'>;
  readonly projects: Pick<ProjectStore, 'find'>;
  readonly seal: Seal;
}

export interface ListTasksRequest {
  readonly status?: TaskStatus | undefined;
  readonly project_id?: string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/**
 * One page of the caller's own tasks and those of readable projects, newest first. Contract 04 section 9.5.
 * @throws OrchestratorError `input_invalid`, `project_unknown`.
 */
export async function listTasks(
  deps: ListTasksDeps,
  actor: UserActor,
  request: ListTasksRequest,
): Promise<TaskList> {
  const limit = request.limit ?? limits.pageDefault;
  const after = request.cursor === undefined ? undefined : decodeCursor(request.cursor, deps.seal);
  const project =
    request.project_id === undefined
      ? undefined
      : await visibleProject(deps.projects, actor, request.project_id);
  const found = await deps.tasks.list({
    scope: overseesAll(actor)
      ? { kind: 'all' }
      : {
          kind: 'own_and_projects',
          userId: actor.userId,
          projectIds: readableProjectIds(actor),
        },
    status: request.status && storedTaskStatus(request.status),
    projectId: project?.id,
    after,
    limit: limit + 1,
  });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    tasks: page.map(taskView),
    ...(found.length > limit && last && { next_cursor: encodeCursor(last, deps.seal) }),
  };
}
