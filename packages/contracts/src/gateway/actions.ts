/**
 * What a person may ask of the gateway, by canonical names. Every route that checks a person names one, and the role
 * map has a row for each.
 */
export const gatewayActions = [
  'task.create',
  'task.read',
  'task.cancel',
  'task.delete',
  'task.prune',
  'project.read',
  'node.read',
  'node.allow_reregister',
  'node.invite',
  'secret.read',
  'secret.write',
  'workspace.read',
  'workspace.delete',
  'settings.read',
  'settings.write',
  'user.read',
  'user.change_password',
  'user.manage',
  'rbac.manage',
  'audit.read',
] as const;

export type GatewayAction = (typeof gatewayActions)[number];
