import type { ActiveUser } from './active-user.ts';
import { isAllowed, reachOf } from './role-map.ts';

/** What decides about a task. */
export interface TaskScope {
  readonly createdBy: string;
  readonly projectId: string | undefined;
}

/** True when the caller reads every task and project: system owner, admin or operator. */
export function overseesAll(user: ActiveUser): boolean {
  return reachOf(user, 'task.read').has('all');
}

/** Projects whose tasks the caller reads beside their own: the default project and every bound one. Sorted, no repeats. */
export function readableProjectIds(user: ActiveUser): readonly string[] {
  const bound = user.roles.flatMap((held) => held.projectId ?? []);
  const own = user.defaultProjectId === undefined ? [] : [user.defaultProjectId];
  return [...new Set([...own, ...bound])].toSorted();
}

/** True when the project is in the caller's visible set. Contract 04 section 8.1. */
export function canSeeProject(
  user: ActiveUser,
  project: { readonly id: string; readonly ownerUserId: string | undefined },
): boolean {
  const isOwnDefault = project.ownerUserId === user.userId;
  return isAllowed(user, 'project.read', { projectId: project.id, isOwnDefault });
}

/** True when the caller may create tasks in a project; `isOwnDefault` marks their default project. */
export function canCreateTask(
  user: ActiveUser,
  project: { readonly id: string; readonly isOwnDefault: boolean },
): boolean {
  const { id: projectId, isOwnDefault } = project;
  return isAllowed(user, 'task.create', { projectId, isOwnDefault });
}

/** True when the caller may read a task; a task that may not be read is answered as unknown. */
export function canReadTask(user: ActiveUser, task: TaskScope): boolean {
  return isAllowed(user, 'task.read', task);
}

/** True when the caller may cancel a task: their own, or one of a project they run. */
export function canCancelTask(user: ActiveUser, task: TaskScope): boolean {
  return isAllowed(user, 'task.cancel', task);
}
