import { describe, expect, it } from 'vitest';
import { callerWith } from '../../../test/support/active-user.ts';
import type { ActiveUser } from './active-user.ts';
import { allRoleNames, isRoleName, systemRoles } from './active-user.ts';
import {
  canCancelTask,
  canCreateTask,
  canReadTask,
  canSeeProject,
  overseesAll,
  readableProjectIds,
} from './task-access.ts';

const others = { createdBy: 'you', projectId: 'p' };
const own = { createdBy: 'me', projectId: 'p' };

describe('the role map of tasks', () => {
  it.each<[string, ActiveUser, readonly boolean[]]>([
    ['a plain user', callerWith([]), [false, false, true, true, false, true]],
    ['a system member', callerWith(['member']), [false, false, true, true, false, true]],
    ['a system viewer', callerWith(['viewer']), [false, false, true, false, false, false]],
    [
      'a system viewer and member',
      callerWith(['viewer', 'member']),
      [false, false, true, true, false, true],
    ],
    ['a system operator', callerWith(['operator']), [true, true, true, true, true, true]],
    ['a system owner', callerWith(['owner']), [true, true, true, true, true, true]],
    ['a project viewer', callerWith([], ['viewer']), [true, false, true, true, false, true]],
    ['a project member', callerWith([], ['member']), [true, false, true, true, true, true]],
    ['a project operator', callerWith([], ['operator']), [true, true, true, true, true, true]],
    [
      'a system viewer and project member',
      callerWith(['viewer'], ['member']),
      [true, false, true, true, true, false],
    ],
  ])('answers %s', (_who, who, expected) => {
    const actual = [
      canReadTask(who, others),
      canCancelTask(who, others),
      canReadTask(who, own),
      canCancelTask(who, own),
      canCreateTask(who, { id: 'p', isOwnDefault: false }),
      canCreateTask(who, { id: 'mine', isOwnDefault: true }),
    ];
    expect(actual).toEqual(expected);
  });

  it('shows own default and bound projects, and everything to overseers', () => {
    const who = callerWith([], ['viewer', 'member']);
    expect(readableProjectIds(who)).toEqual(['mine', 'p']);
    expect(canSeeProject(who, { id: 'p', ownerUserId: undefined })).toBe(true);
    expect(canSeeProject(who, { id: 'q', ownerUserId: 'you' })).toBe(false);
    expect(canSeeProject(who, { id: 'mine', ownerUserId: 'me' })).toBe(true);
    expect(canSeeProject(callerWith(['admin']), { id: 'q', ownerUserId: 'you' })).toBe(true);
    const { defaultProject: _none, ...fresh } = callerWith([]);
    expect(readableProjectIds(fresh)).toEqual([]);
    expect(canReadTask(fresh, { createdBy: 'you', projectId: undefined })).toBe(false);
    expect(canCancelTask(fresh, { createdBy: 'you', projectId: undefined })).toBe(false);
  });

  it('knows role names by heart and lists them without repeats', () => {
    expect(isRoleName('root')).toBe(false);
    const who = callerWith(['viewer', 'admin', 'viewer'], ['owner']);
    expect(systemRoles(who)).toEqual(['admin', 'viewer']);
    expect(allRoleNames(who)).toEqual(['admin', 'owner', 'viewer']);
    expect(overseesAll(callerWith([], ['owner']))).toBe(false);
  });
});
