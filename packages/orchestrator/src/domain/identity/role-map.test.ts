import { describe, expect, it } from 'vitest';
import { callerWith } from '../../../test/support/active-user.ts';
import { type GatewayAction, gatewayActions } from '@cynodeai/contracts/gateway';
import { type ActiveUser, roleNames } from './active-user.ts';
import { isAdministrative, isAllowed, mayGrant } from './role-map.ts';

/**
 * Columns of the documented table; a project role is looked at alone, in a caller without the plain
 * user's rights.
 */
const columns: Readonly<Record<string, ActiveUser>> = {
  'system owner': callerWith(['owner']),
  'system admin': callerWith(['admin']),
  'system operator': callerWith(['operator']),
  'system member': callerWith(['member']),
  'system viewer': callerWith(['viewer']),
  'project owner': callerWith(['viewer'], ['owner']),
  'project admin': callerWith(['viewer'], ['admin']),
  'project operator': callerWith(['viewer'], ['operator']),
  'project member': callerWith(['viewer'], ['member']),
  'project viewer': callerWith(['viewer'], ['viewer']),
  'plain user': callerWith([]),
};

/** In this order: somebody's thing elsewhere, own thing elsewhere, the same two in `p`, the same two in the own default project. */
const targets = ['q', 'p', 'mine'].flatMap((projectId) => [
  { projectId, createdBy: 'you' },
  { projectId, createdBy: 'me' },
]);

const all = 'yyyyyy';
const none = '------';
/** Own things anywhere and everything in the own default project. */
const plain = '-y-yyy';

/** Of whoever does more than view: the project roles are held by somebody whose system role is viewer. */
const ownButViewers = Object.fromEntries(
  Object.keys(columns).map((column) => [column, /viewer|^project/.test(column) ? none : '-y-y-y']),
);

const table: Readonly<Record<GatewayAction, Readonly<Record<string, string>>>> = {
  'task.create': {
    'system owner': all,
    'system admin': all,
    'system operator': all,
    'system member': '----yy',
    'system viewer': none,
    'project owner': '--yy--',
    'project admin': '--yy--',
    'project operator': '--yy--',
    'project member': '--yy--',
    'project viewer': none,
    'plain user': '----yy',
  },
  'task.read': {
    'system owner': all,
    'system admin': all,
    'system operator': all,
    'system member': plain,
    'system viewer': plain,
    'project owner': '-yyyyy',
    'project admin': '-yyyyy',
    'project operator': '-yyyyy',
    'project member': '-yyyyy',
    'project viewer': '-yyyyy',
    'plain user': plain,
  },
  'task.cancel': {
    'system owner': all,
    'system admin': all,
    'system operator': all,
    'system member': '-y-y-y',
    'system viewer': none,
    'project owner': '--yy--',
    'project admin': '--yy--',
    'project operator': '--yy--',
    'project member': '---y--',
    'project viewer': none,
    'plain user': '-y-y-y',
  },
  'task.delete': {
    ...Object.fromEntries(Object.keys(columns).map((column) => [column, none])),
    'system owner': all,
    'system admin': all,
    'system operator': '-y-y-y',
    'system member': '-y-y-y',
    'plain user': '-y-y-y',
  },
  'task.prune': {
    ...Object.fromEntries(Object.keys(columns).map((column) => [column, none])),
    'system owner': all,
    'system admin': all,
  },
  'project.read': {
    'system owner': all,
    'system admin': all,
    'system operator': all,
    'system member': '----yy',
    'system viewer': '----yy',
    'project owner': '--yyyy',
    'project admin': '--yyyy',
    'project operator': '--yyyy',
    'project member': '--yyyy',
    'project viewer': '--yyyy',
    'plain user': '----yy',
  },
  'node.read': Object.fromEntries(Object.keys(columns).map((column) => [column, all])),
  'node.allow_reregister': {
    ...Object.fromEntries(Object.keys(columns).map((column) => [column, none])),
    'system owner': all,
    'system admin': all,
  },
  'node.invite': {
    ...Object.fromEntries(Object.keys(columns).map((column) => [column, none])),
    'system owner': all,
    'system admin': all,
  },
  'secret.read': ownButViewers,
  'secret.write': ownButViewers,
  'workspace.read': ownButViewers,
  'workspace.delete': ownButViewers,
  'settings.read': {
    ...Object.fromEntries(Object.keys(columns).map((column) => [column, none])),
    'system owner': all,
    'system admin': all,
    'system operator': all,
  },
  'settings.write': {
    ...Object.fromEntries(Object.keys(columns).map((column) => [column, none])),
    'system owner': all,
    'system admin': all,
  },
  'user.read': Object.fromEntries(Object.keys(columns).map((column) => [column, '-y-y-y'])),
  'user.change_password': Object.fromEntries(
    Object.keys(columns).map((column) => [column, '-y-y-y']),
  ),
  'user.manage': {
    ...Object.fromEntries(Object.keys(columns).map((column) => [column, none])),
    'system owner': all,
    'system admin': all,
  },
  'rbac.manage': {
    ...Object.fromEntries(Object.keys(columns).map((column) => [column, none])),
    'system owner': all,
    'system admin': all,
  },
  'audit.read': {
    ...Object.fromEntries(Object.keys(columns).map((column) => [column, none])),
    'system owner': all,
    'system admin': all,
    'system operator': all,
  },
};

describe('the role map (REQ-ACCESS-0107)', () => {
  const cells = gatewayActions.flatMap((action) =>
    Object.entries(columns).map(([column, who]) => ({ action, column, who })),
  );

  it.each(cells)('answers $action for a $column as the table says', ({ action, column, who }) => {
    const actual = targets.map((target) => (isAllowed(who, action, target) ? 'y' : '-')).join('');
    expect(actual).toBe(table[action][column]);
  });

  it('gives a role of one project nothing in another, and adds up what a caller holds', () => {
    const both = callerWith(['viewer', 'operator'], ['viewer']);
    expect(isAllowed(both, 'task.cancel', { projectId: 'q', createdBy: 'you' })).toBe(true);
    const lead = callerWith([], ['owner']);
    expect(isAllowed(lead, 'task.create', { projectId: 'q', createdBy: 'me' })).toBe(false);
    expect(isAllowed(lead, 'user.manage')).toBe(false);
    expect(isAllowed(lead, 'task.read')).toBe(false);
  });

  it('calls those actions administrative that no plain user has', () => {
    expect(gatewayActions.filter(isAdministrative)).toEqual([
      'task.prune',
      'node.allow_reregister',
      'node.invite',
      'settings.read',
      'settings.write',
      'user.manage',
      'rbac.manage',
      'audit.read',
    ]);
  });

  it('lets nobody grant above their own role, and only owners grant owner', () => {
    const grants = (who: ActiveUser): string =>
      roleNames.map((role) => (mayGrant(who, role) ? 'y' : '-')).join('');
    expect(grants(callerWith(['owner']))).toBe('yyyyy');
    expect(grants(callerWith(['admin']))).toBe('-yyyy');
    expect(grants(callerWith(['admin'], ['owner']))).toBe('-yyyy');
    for (const role of ['operator', 'member', 'viewer'] as const) {
      expect(grants(callerWith([role], ['owner']))).toBe('-----');
    }
    expect(grants(callerWith([], ['owner']))).toBe('-----');
  });
});
