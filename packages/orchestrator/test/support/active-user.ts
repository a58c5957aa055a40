import type { RoleName } from '@cynodeai/contracts/gateway';
import type { ActiveUser } from '../../src/domain/identity/active-user.ts';

/** A caller `me` with the given system roles and roles in project `p`, whose default project is `mine`. */
export function callerWith(
  system: readonly RoleName[],
  project: readonly RoleName[] = [],
): ActiveUser {
  return {
    userId: 'me',
    handle: 'me',
    createdAt: new Date(0),
    groupIds: [],
    roles: [
      ...system.map((role) => ({ role })),
      ...project.map((role) => ({ role, projectId: 'p' })),
    ],
    defaultProject: { id: 'mine', isActive: true },
  };
}
