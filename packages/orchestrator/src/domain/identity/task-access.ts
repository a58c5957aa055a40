import { type Principal, type RoleName, projectRoles, systemRoles } from './principal.ts';

const overseers: readonly RoleName[] = ['owner', 'admin', 'operator'];
const creators: readonly RoleName[] = [...overseers, 'member'];

const anyOf = (held: readonly RoleName[], wanted: readonly RoleName[]): boolean =>
  held.some((role) => wanted.includes(role));

/** What decides about a task. */
export interface TaskScope {
  readonly createdBy: string;
  readonly projectId: string | undefined;
}

/** True when the caller reads every task and project: system owner, admin or operator. Contract 04 section 5.3. */
export function overseesAll(principal: Principal): boolean {
  return anyOf(systemRoles(principal), overseers);
}

/** A caller whose only system role is `viewer` keeps only its reads. */
function isPlainUser(principal: Principal): boolean {
  const held = systemRoles(principal);
  return held.length === 0 || held.some((role) => role !== 'viewer');
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
  return (
    overseesAll(principal) ||
    project.ownerUserId === principal.userId ||
    projectRoles(principal, project.id).length > 0
  );
}

/** True when the caller may create tasks in a project; `isOwnDefault` marks their default project. */
export function canCreateTask(
  principal: Principal,
  project: { readonly id: string; readonly isOwnDefault: boolean },
): boolean {
  return (
    overseesAll(principal) ||
    (project.isOwnDefault && isPlainUser(principal)) ||
    anyOf(projectRoles(principal, project.id), creators)
  );
}

/** True when the caller may read a task; a task that may not be read is answered as unknown. */
export function canReadTask(principal: Principal, task: TaskScope): boolean {
  return (
    task.createdBy === principal.userId ||
    overseesAll(principal) ||
    (task.projectId !== undefined && readableProjectIds(principal).includes(task.projectId))
  );
}

/** True when the caller may cancel a task: their own, or one of a project they run. */
export function canCancelTask(principal: Principal, task: TaskScope): boolean {
  if (overseesAll(principal)) return true;
  const held = task.projectId === undefined ? [] : projectRoles(principal, task.projectId);
  if (anyOf(held, overseers)) return true;
  const own = task.createdBy === principal.userId;
  return own && (isPlainUser(principal) || held.includes('member'));
}
