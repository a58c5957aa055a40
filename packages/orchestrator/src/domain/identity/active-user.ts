import { type RoleName, roleNameSchema } from '@cynodeai/contracts/gateway';

/**
 * Role names with a meaning; a binding to any other role grants nothing.
 * See docs/reference/identity-and-policy.md#actions.
 */
export const roleNames: readonly RoleName[] = roleNameSchema.options;

/** True for a role this code knows; the rest is dropped, so that an unknown role fails closed. */
export function isRoleName(name: string): name is RoleName {
  return (roleNames as readonly string[]).includes(name);
}

/** An active role of a user, held directly or through an active group. */
export interface HeldRole {
  readonly role: RoleName;
  /** Absent for a system role. */
  readonly projectId?: string;
}

/**
 * An active user with groups and roles, as the database knows them at the moment of the call.
 * See docs/reference/identity-and-policy.md#who-calls.
 */
export interface ActiveUser {
  readonly userId: string;
  readonly handle: string;
  readonly email?: string;
  readonly createdAt: Date;
  readonly groupIds: readonly string[];
  readonly roles: readonly HeldRole[];
  /** Absent until the user's first task. */
  readonly defaultProject?: { readonly id: string; readonly isActive: boolean };
}

/** Names of the user's system roles, without repeats and sorted. */
export function systemRoles(user: ActiveUser): readonly RoleName[] {
  const names = user.roles.filter((held) => held.projectId === undefined);
  return [...new Set(names.map((held) => held.role))].toSorted();
}

/** Every role name the user holds anywhere, for audit rows. */
export function allRoleNames(user: ActiveUser): readonly RoleName[] {
  return [...new Set(user.roles.map((held) => held.role))].toSorted();
}

/** The user's roles in one project. */
export function projectRoles(user: ActiveUser, projectId: string): readonly RoleName[] {
  return user.roles.filter((held) => held.projectId === projectId).map((held) => held.role);
}
