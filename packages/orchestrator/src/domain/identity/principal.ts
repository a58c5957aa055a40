/** Role names with a meaning; a binding to any other role grants nothing. Contract 04 section 5.3. */
export const roleNames = ['owner', 'admin', 'operator', 'member', 'viewer'] as const;

export type RoleName = (typeof roleNames)[number];

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

/** Who calls, as the database knows them at the moment of the request. Contract 04 section 5.2. */
export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
  readonly handle: string;
  readonly email?: string;
  readonly createdAt: Date;
  readonly groupIds: readonly string[];
  readonly roles: readonly HeldRole[];
  /** Absent until the user's first task. */
  readonly defaultProjectId?: string;
}

/** Names of the caller's system roles, without repeats and sorted. */
export function systemRoles(principal: Principal): readonly RoleName[] {
  const names = principal.roles.filter((held) => held.projectId === undefined);
  return [...new Set(names.map((held) => held.role))].toSorted();
}

/** Every role name the caller holds anywhere, for audit rows. */
export function allRoleNames(principal: Principal): readonly RoleName[] {
  return [...new Set(principal.roles.map((held) => held.role))].toSorted();
}

/** The caller's roles in one project. */
export function projectRoles(principal: Principal, projectId: string): readonly RoleName[] {
  return principal.roles.filter((held) => held.projectId === projectId).map((held) => held.role);
}
