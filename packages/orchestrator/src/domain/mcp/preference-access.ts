import type { PreferenceScopeType } from '@cynodeai/contracts/mcp';
import { type ActiveUser, projectRoles, systemRoles } from '../identity/active-user.ts';
import { type TaskScope, canReadTask } from '../identity/task-access.ts';
import type { AgentCaller } from './agent-caller.ts';

/** A scope of preferences, with the task where it is one of a task; undefined: there is no such task. */
export interface PreferenceScope {
  readonly type: PreferenceScopeType;
  readonly id: string | undefined;
  readonly task?: TaskScope | undefined;
}

const isAdministrator = (user: ActiveUser): boolean =>
  systemRoles(user).some((role) => role === 'owner' || role === 'admin');

const isOwnProject = (user: ActiveUser, id: string | undefined): boolean =>
  id !== undefined && user.defaultProject?.id === id;

function isOtherTask({ bound }: AgentCaller, { type, id }: PreferenceScope): boolean {
  return type === 'task' && bound.taskId !== undefined && bound.taskId !== id;
}

/** Whether the user of an agent may read the preferences of a scope. See docs/reference/settings.md#preferences. */
export function canReadPreferences(caller: AgentCaller, scope: PreferenceScope): boolean {
  const { user } = caller;
  if (user === undefined || isOtherTask(caller, scope)) return false;
  if (isAdministrator(user)) return true;
  const { type, id = '', task } = scope;
  switch (type) {
    case 'system':
      return systemRoles(user).includes('operator');
    case 'user':
      return id === user.userId;
    case 'group':
      return user.groupIds.includes(id);
    case 'project':
      return isOwnProject(user, id) || projectRoles(user, id).length > 0;
    case 'task':
      return task !== undefined && canReadTask(user, task);
  }
}

/** Whether the user of an agent may change the preferences of a scope. */
export function canWritePreferences(caller: AgentCaller, scope: PreferenceScope): boolean {
  const { user } = caller;
  if (user === undefined || isOtherTask(caller, scope)) return false;
  if (isAdministrator(user)) return true;
  const { type, id = '', task } = scope;
  switch (type) {
    case 'system':
    case 'group':
      return false;
    case 'user':
      return id === user.userId;
    case 'project': {
      const roles = projectRoles(user, id);
      return isOwnProject(user, id) || roles.includes('owner') || roles.includes('admin');
    }
    case 'task':
      return task?.createdBy === user.userId;
  }
}
