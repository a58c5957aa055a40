import type { ActiveUser } from './active-user.ts';
import { isAllowed, reachOf, rolesReachingAll } from './role-map.ts';

/** What decides about a task. */
export interface TaskScope {
  readonly createdBy: string;
  readonly projectId: string | undefined;
}

/** System roles whose holders read every task and project, for statements that narrow a list. */
export const overseers = rolesReachingAll('task.read');

/** True when the caller reads every task and project: system owner, admin or operator. */
export function overseesAll(user: ActiveUser): boolean {
  return reachOf(user, 'task.read').has('all');
}

/** Projects whose tasks the caller reads beside their own: the default project and every bound one. Sorted, no repeats. */
export function readableProjectIds(user: ActiveUser): readonly string[] {
  const bound = user.roles.flatMap((held) => held.projectId ?? []);
  const own = user.defaultProject === undefined ? [] : [user.defaultProject.id];
  return [...new Set([...own, ...bound])].toSorted();
}

/** True when a task belongs into the caller's list of tasks. */
export function isInView(user: ActiveUser, task: TaskScope): boolean {
  if (overseesAll(user) || task.createdBy === user.userId) return true;
  return task.projectId !== undefined && readableProjectIds(user).includes(task.projectId);
}

/**
 * True when the project is in the caller's visible set.
 * See docs/reference/identity-and-policy.md#projects.
 */
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

/** True when the caller may create tasks anywhere, and so may send what a task is made of. */
export function canCreateSomewhere(user: ActiveUser): boolean {
  const projects = user.roles.flatMap((held) => held.projectId ?? []);
  return (
    isAllowed(user, 'task.create', { isOwnDefault: true }) ||
    projects.some((projectId) => isAllowed(user, 'task.create', { projectId }))
  );
}

/** True when the caller may read a task; a task that may not be read is answered as unknown. */
export function canReadTask(user: ActiveUser, task: TaskScope): boolean {
  return isAllowed(user, 'task.read', task);
}

/** True when the caller may delete a task: their own, an administrator every one. */
export function canDeleteTask(user: ActiveUser, task: TaskScope): boolean {
  return isAllowed(user, 'task.delete', task);
}

/** True when the caller may cancel a task: their own, or one of a project they run. */
export function canCancelTask(user: ActiveUser, task: TaskScope): boolean {
  return isAllowed(user, 'task.cancel', task);
}
