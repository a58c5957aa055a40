import { describe, expect, it } from 'vitest';
import { type Actor, actorId, actsFor, bootstrapActor, subjectType, systemActor } from './actor.ts';

const user = {
  userId: 'u1',
  handle: 'ada',
  createdAt: new Date(0),
  groupIds: [],
  roles: [{ role: 'viewer' }],
} as const;
const agent: Actor = {
  ...user,
  kind: 'agent',
  agentType: 'project_manager',
  taskId: 't1',
  jobId: 'j1',
  runId: 'r1',
};

describe('an actor', () => {
  it.each<[string, Actor, readonly [string, string, string | undefined]]>([
    [
      'a user with a session',
      { ...user, kind: 'session', sessionId: 's1' },
      ['user:u1', 'user', 'u1'],
    ],
    ['an API key of a user', { ...user, kind: 'api_key', keyId: 'k1' }, ['user:u1', 'user', 'u1']],
    ['an agent', agent, ['agent:project_manager/user:u1', 'agent', 'u1']],
    ['a node', { kind: 'node', nodeId: 'n1', slug: 'east' }, ['node:n1', 'node', undefined]],
    ['the system', systemActor, ['system', 'system', undefined]],
    ['the system at bootstrap', bootstrapActor, ['bootstrap', 'system', undefined]],
  ])('that is %s is named and acts for the user it should', (_who, actor, expected) => {
    expect([actorId(actor), subjectType(actor), actsFor(actor)?.userId]).toEqual(expected);
  });

  it('that works for a user has exactly the rights of that user', () => {
    expect(actsFor(agent)?.roles).toEqual([{ role: 'viewer' }]);
  });
});
