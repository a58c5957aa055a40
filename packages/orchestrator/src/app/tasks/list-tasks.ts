import { limits, uuidSchema } from '@cynodeai/contracts/common';
import type { ListTasksQuery, TaskList } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserSession } from '../../domain/identity/actor.ts';
import { isInView, overseesAll } from '../../domain/identity/task-access.ts';
import { type Seal, decodeCursor, encodeCursor } from '../../domain/tasks/page-cursor.ts';
import { taskView } from '../../domain/tasks/task-record.ts';
import { storedTaskStatus } from '../../domain/tasks/task-status.ts';
import type { IdentityStore, SessionRef } from '../../ports/identity.ts';
import type { ProjectStore } from '../../ports/projects.ts';
import type {
  CallerTaskPage,
  CallerTasks,
  TaskOwner,
  TaskPage,
  TaskPageQuery,
  TaskReader,
} from '../../ports/tasks.ts';
import { visibleProject } from '../projects/resolve-project.ts';

export interface ListTasksDeps {
  readonly tasks: Pick<TaskReader, 'list'>;
  readonly callerTasks: Pick<CallerTasks, 'list'>;
  readonly identity: Pick<IdentityStore, 'findSession'>;
  readonly projects: Pick<ProjectStore, 'find'>;
  readonly seal: Seal;
}

const dateOf = (text: string | undefined): Date | undefined =>
  text === undefined ? undefined : new Date(text);

function ownerOf(text: string | undefined): TaskOwner | undefined {
  if (text === undefined) return undefined;
  if (text === 'me') return { by: 'caller' };
  const id = uuidSchema.safeParse(text.toLowerCase());
  return id.success ? { by: 'id', id: id.data } : { by: 'handle', handle: text };
}

/** Whoever does not oversee all tasks asks for their own alone; nobody learns by it which handles there are. */
function requireOwner(actor: UserSession, owner: TaskOwner | undefined): void {
  if (owner === undefined || owner.by === 'caller' || overseesAll(actor)) return;
  const isOwn =
    owner.by === 'id'
      ? owner.id === actor.userId
      : owner.handle.toLowerCase() === actor.handle.toLowerCase();
  if (isOwn) return;
  throw new OrchestratorError(
    'forbidden',
    'only those who oversee all tasks may ask for those of somebody else; leave owner out, or say me',
  );
}

function pageQuery({ seal }: ListTasksDeps, request: ListTasksQuery): TaskPageQuery {
  return {
    status: request.status && storedTaskStatus(request.status),
    name: request.name?.toLowerCase(),
    text: request.q?.toLowerCase(),
    since: dateOf(request.since),
    until: dateOf(request.until),
    owner: ownerOf(request.owner),
    node: request.node?.toLowerCase(),
    oldestFirst: request.sort === 'oldest',
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
  request: ListTasksQuery,
): Promise<CallerTaskPage | undefined> {
  const query = pageQuery(deps, request);
  if (request.project_id === undefined) return deps.callerTasks.list(session, now, query);
  const actor = await deps.identity.findSession(session, now);
  return actor && { actor, tasks: [] };
}

async function tasksOf(
  deps: ListTasksDeps,
  { actor, tasks, lookedTo }: CallerTaskPage,
  request: ListTasksQuery,
): Promise<TaskPage> {
  if (request.project_id === undefined) {
    return { tasks: tasks.filter((task) => isInView(actor, task)), lookedTo };
  }
  const project = await visibleProject(deps.projects, actor, request.project_id);
  const { id: projectId } = project;
  return deps.tasks.list({ ...pageQuery(deps, request), projectId, userId: actor.userId });
}

/**
 * One page of the caller's own tasks and those of readable projects, newest first unless told.
 * See docs/reference/tasks-and-jobs.md#read-a-task.
 * @throws OrchestratorError `input_invalid`, `project_unknown`, `forbidden`.
 */
export async function listTasks(
  deps: ListTasksDeps,
  read: CallerTaskPage,
  request: ListTasksQuery,
): Promise<TaskList> {
  const limit = request.limit ?? limits.pageDefault;
  requireOwner(read.actor, ownerOf(request.owner));
  const found = await tasksOf(deps, read, request);
  const page = found.tasks.slice(0, limit);
  const next = found.tasks.length > limit ? page.at(-1) : found.lookedTo;
  return {
    tasks: page.map(taskView),
    ...(next && { next_cursor: encodeCursor(next, deps.seal) }),
  };
}
