import type { Principal } from './principal.ts';
import { isAllowed, reachOf } from './role-map.ts';

/** What decides about a task. */
export interface TaskScope {
  readonly createdBy: string;
  readonly projectId: string | undefined;
}

/** True when the caller reads every task and project: system owner, admin or operator. */
export function overseesAll(principal: Principal): boolean {
  return reachOf(principal, 'task.read').has('all');
}

/** Projects whose tasks the caller reads beside their own: the default project and every bound one. Sorted, no repeats. */
export function readableProjectIds(principal: Principal): readonly string[] {
  const bound = principal.roles.flatMap((held) => held.projectId ?? []);
  const own = principal.defaultProjectId === undefined ? [] : [principal.defaultProjectId];
  return [...new Set([...own, ...bound])].toSorted();
}

/** True when the project is in the caller's visible set. Contract 04 section 8.1. */
export function canSeeProject(
  principal: Principal,
  project: { readonly id: string; readonly ownerUserId: string | undefined },
): boolean {
  const isOwnDefault = project.ownerUserId === principal.userId;
  return isAllowed(principal, 'project.read', { projectId: project.id, isOwnDefault });
}

/** True when the caller may create tasks in a project; `isOwnDefault` marks their default project. */
export function canCreateTask(
  principal: Principal,
  project: { readonly id: string; readonly isOwnDefault: boolean },
): boolean {
  const { id: projectId, isOwnDefault } = project;
  return isAllowed(principal, 'task.create', { projectId, isOwnDefault });
}

/** True when the caller may read a task; a task that may not be read is answered as unknown. */
export function canReadTask(principal: Principal, task: TaskScope): boolean {
  return isAllowed(principal, 'task.read', task);
}

/** True when the caller may cancel a task: their own, or one of a project they run. */
export function canCancelTask(principal: Principal, task: TaskScope): boolean {
  return isAllowed(principal, 'task.cancel', task);
}
