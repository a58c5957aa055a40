import type { GatewayAction, RoleName } from '@cynodeai/contracts/gateway';
import { type ActiveUser, projectRoles, roleNames, systemRoles } from './active-user.ts';

/** How far a cell reaches: everything, the project of the role, what the caller made, or their default project. */
export type Reach = 'all' | 'project' | 'own' | 'own_default';

/** One row of the table; a role that is not named grants nothing. */
interface MapRow {
  readonly system: Partial<Readonly<Record<RoleName, readonly Reach[]>>>;
  readonly project: Partial<Readonly<Record<RoleName, readonly Reach[]>>>;
  /** Every active user, but for those whose only system role is `viewer`. */
  readonly plain: readonly Reach[];
}

const everything: readonly Reach[] = ['all'];
const itsProject: readonly Reach[] = ['project'];
const ownTasks: readonly Reach[] = ['own', 'own_default'];

const administrators = { owner: everything, admin: everything } as const;
const overseers = { ...administrators, operator: everything } as const;
const projectLeads = { owner: itsProject, admin: itsProject, operator: itsProject } as const;
const projectReaders = { ...projectLeads, member: itsProject, viewer: itsProject } as const;

/**
 * The built-in role map. A system `viewer` keeps the reads of a plain user, which is why they stand
 * in its cells. See docs/reference/identity-and-policy.md#actions.
 */
const roleMap: Readonly<Record<GatewayAction, MapRow>> = {
  'task.create': {
    system: overseers,
    project: { ...projectLeads, member: itsProject },
    plain: ['own_default'],
  },
  'task.read': {
    system: { ...overseers, viewer: ownTasks },
    project: projectReaders,
    plain: ownTasks,
  },
  'task.cancel': {
    system: overseers,
    project: { ...projectLeads, member: ['own'] },
    plain: ['own'],
  },
  'task.delete': { system: administrators, project: {}, plain: ['own'] },
  'task.prune': { system: administrators, project: {}, plain: [] },
  'project.read': {
    system: { ...overseers, viewer: ['own_default'] },
    project: projectReaders,
    plain: ['own_default'],
  },
  'node.read': { system: { ...overseers, viewer: everything }, project: {}, plain: everything },
  'node.allow_reregister': { system: administrators, project: {}, plain: [] },
  'node.invite': { system: administrators, project: {}, plain: [] },
  // Nobody else's, whatever the role: secrets and workspaces are their owner's.
  'secret.read': { system: {}, project: {}, plain: ['own'] },
  'secret.write': { system: {}, project: {}, plain: ['own'] },
  'workspace.read': { system: {}, project: {}, plain: ['own'] },
  'workspace.delete': { system: {}, project: {}, plain: ['own'] },
  'settings.read': { system: overseers, project: {}, plain: [] },
  'settings.write': { system: administrators, project: {}, plain: [] },
  'user.read': { system: { viewer: ['own'] }, project: {}, plain: ['own'] },
  'user.change_password': { system: { viewer: ['own'] }, project: {}, plain: ['own'] },
  'user.manage': { system: administrators, project: {}, plain: [] },
  'rbac.manage': { system: administrators, project: {}, plain: [] },
  'audit.read': { system: overseers, project: {}, plain: [] },
};

/** System roles that reach everything with an action. */
export function rolesReachingAll(action: GatewayAction): readonly RoleName[] {
  const { system } = roleMap[action];
  return roleNames.filter((role) => system[role]?.includes('all'));
}

/** True for an action that only roles give: no plain user has it on anything. */
export function isAdministrative(action: GatewayAction): boolean {
  return roleMap[action].plain.length === 0;
}

/** How far the caller may go with an action, in one project or, without one, outside of projects. */
export function reachOf(
  user: ActiveUser,
  action: GatewayAction,
  projectId?: string,
): ReadonlySet<Reach> {
  const row = roleMap[action];
  const system = systemRoles(user);
  const isPlain = system.length === 0 || system.some((role) => role !== 'viewer');
  const inProject = projectId === undefined ? [] : projectRoles(user, projectId);
  return new Set([
    ...system.flatMap((role) => row.system[role] ?? []),
    ...inProject.flatMap((role) => row.project[role] ?? []),
    ...(isPlain ? row.plain : []),
  ]);
}

/** What an action is about; both absent for actions on the whole install. */
export interface ActionTarget {
  readonly projectId?: string | undefined;
  /** Who made it. */
  readonly createdBy?: string | undefined;
  /** Whether the project is the caller's default one; told by `projectId` when absent. */
  readonly isOwnDefault?: boolean;
}

/** True when a role or ownership allows the action; everything else is denied. */
export function isAllowed(
  user: ActiveUser,
  action: GatewayAction,
  target: ActionTarget = {},
): boolean {
  const reach = reachOf(user, action, target.projectId);
  const isOwnDefault =
    target.isOwnDefault ??
    (target.projectId !== undefined && target.projectId === user.defaultProject?.id);
  return (
    reach.has('all') ||
    reach.has('project') ||
    (reach.has('own') && target.createdBy === user.userId) ||
    (reach.has('own_default') && isOwnDefault)
  );
}

const rank: Readonly<Record<RoleName, number>> = {
  owner: 5,
  admin: 4,
  operator: 3,
  member: 2,
  viewer: 1,
};

/**
 * True when the caller may grant or withdraw a role, in any scope: who manages grants does so up to
 * their own system role, so that only an owner makes or unmakes owners.
 * See docs/reference/identity-and-policy.md#actions.
 */
export function mayGrant(user: ActiveUser, role: RoleName): boolean {
  if (!isAllowed(user, 'rbac.manage')) return false;
  return systemRoles(user).some((held) => rank[held] >= rank[role]);
}
