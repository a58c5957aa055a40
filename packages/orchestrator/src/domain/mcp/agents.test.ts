import { describe, expect, it } from 'vitest';
import type { ActiveUser, HeldRole } from '../identity/active-user.ts';
import type { AgentCaller } from './agent-caller.ts';
import { boundedOutput, withoutValues } from './bounded-output.ts';
import { CallRate } from './call-rate.ts';
import { judgeScope } from './judge-scope.ts';
import { judgeSession } from './judge-session.ts';
import { canReadPreferences, canWritePreferences } from './preference-access.ts';

function user(roles: readonly HeldRole[] = []): ActiveUser {
  const defaultProject = { id: 'home', isActive: true };
  const createdAt = new Date(0);
  return { userId: 'ada', handle: 'ada', createdAt, groupIds: ['team'], roles, defaultProject };
}

function caller(more: Partial<AgentCaller> = {}): AgentCaller {
  return {
    tokenId: 't',
    agent: 'project_manager',
    user: user(),
    bound: {},
    contextId: undefined,
    ...more,
  };
}

const task = { id: 'task', projectId: undefined, createdBy: 'ada' };
const theirs = { id: 'theirs', projectId: undefined, createdBy: 'bob' };

describe('ids of a call', () => {
  it.each([
    ['nothing is named', caller({ bound: { taskId: 'task' } }), {}, {}, 'fits'],
    ['a task in a chat that its user may see', caller(), { task_id: 'task' }, { task }, 'fits'],
    [
      'a task of somebody else',
      caller(),
      { task_id: 'theirs' },
      { task: theirs },
      'context_mismatch',
    ],
    ['a task that is none', caller(), { task_id: 'x' }, {}, 'context_mismatch'],
    [
      'nobody to work for',
      caller({ user: undefined }),
      { task_id: 'task' },
      { task },
      'context_missing',
    ],
    [
      'an analyst without a task',
      caller({ agent: 'project_analyst' }),
      { task_id: 'task' },
      { task },
      'context_missing',
    ],
    [
      'a sandbox without a job',
      caller({ agent: 'sandbox', bound: { taskId: 'task' } }),
      { task_id: 'task' },
      { task },
      'context_missing',
    ],
    [
      'another job of its own task',
      caller({ agent: 'sandbox', bound: { taskId: 'task', jobId: 'job' } }),
      { task_id: 'task', job_id: 'other' },
      { task, jobTaskId: 'task' },
      'context_mismatch',
    ],
    [
      'a run of another task',
      caller(),
      { task_id: 'task', run_id: 'run' },
      { task, runTaskId: 'theirs' },
      'context_mismatch',
    ],
    ['a job alone', caller(), { job_id: 'job' }, { task, jobTaskId: 'task' }, 'fits'],
  ] as const)('%s', (_what, who, ids, found, expected) => {
    const verdict = judgeScope(who, ids, found, false);
    expect(verdict.kind === 'refused' ? verdict.type : verdict.kind).toBe(expected);
  });
});

describe('a task that the user of a chat may only see', () => {
  const seen = { id: 'theirs', projectId: 'shared', createdBy: 'bob' };
  const as = (role: 'viewer' | 'member' | 'operator' | 'owner'): AgentCaller =>
    caller({ user: user([{ role, projectId: 'shared' }]) });

  it.each(['viewer', 'member', 'operator', 'owner'] as const)('is read, as %s', (role) => {
    expect(judgeScope(as(role), { task_id: 'theirs' }, { task: seen }, false).kind).toBe('fits');
  });

  it.each([
    ['viewer', 'refused'],
    ['member', 'refused'],
    ['operator', 'fits'],
    ['owner', 'fits'],
  ] as const)('is changed by those who may end it, as %s', (role, expected) => {
    expect(judgeScope(as(role), { task_id: 'theirs' }, { task: seen }, true).kind).toBe(expected);
  });
});

describe('preferences of a scope', () => {
  const scopes = {
    system: { type: 'system', id: undefined },
    mine: { type: 'user', id: 'ada' },
    other: { type: 'user', id: 'bob' },
    team: { type: 'group', id: 'team' },
    stranger: { type: 'group', id: 'others' },
    home: { type: 'project', id: 'home' },
    shared: { type: 'project', id: 'shared' },
    task: { type: 'task', id: 'task', task },
    theirs: { type: 'task', id: 'theirs', task: theirs },
    none: { type: 'task', id: 'none' },
  } as const;
  const names = Object.keys(scopes) as (keyof typeof scopes)[];
  const open = (who: AgentCaller, may: typeof canReadPreferences): string[] =>
    names.filter((name) => may(who, scopes[name]));

  it.each([
    ['a plain user', caller(), ['mine', 'team', 'home', 'task'], ['mine', 'home', 'task']],
    ['an administrator', caller({ user: user([{ role: 'admin' }]) }), names, names],
    [
      'an operator',
      caller({ user: user([{ role: 'operator' }]) }),
      ['system', 'mine', 'team', 'home', 'task', 'theirs'],
      ['mine', 'home', 'task'],
    ],
    [
      'an owner of a project',
      caller({ user: user([{ role: 'owner', projectId: 'shared' }]) }),
      ['mine', 'team', 'home', 'shared', 'task'],
      ['mine', 'home', 'shared', 'task'],
    ],
    [
      'a viewer of a project',
      caller({ user: user([{ role: 'viewer', projectId: 'shared' }]) }),
      ['mine', 'team', 'home', 'shared', 'task'],
      ['mine', 'home', 'task'],
    ],
    [
      'one at work for another task',
      caller({ bound: { taskId: 'other' } }),
      ['mine', 'team', 'home'],
      ['mine', 'home'],
    ],
    ['nobody', caller({ user: undefined }), [], []],
  ] as const)('are open to %s as the table says', (_who, who, reads, writes) => {
    expect(open(who, canReadPreferences)).toEqual(reads);
    expect(open(who, canWritePreferences)).toEqual(writes);
  });
});

describe('a session', () => {
  const now = new Date(10 * 3_600_000);
  const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
  const named = (minutes: number) => ({
    isNamed: true,
    session: { sessionId: 's', tokenId: 't', issuedAt: ago(minutes) },
    tokenId: 't',
  });

  it.each([
    ['not named', { isNamed: false, session: undefined, tokenId: 't' }, undefined, 'none'],
    ['made up', { isNamed: true, session: undefined, tokenId: 't' }, undefined, 'gone'],
    ['of another token', { ...named(0), tokenId: 'u' }, undefined, 'gone'],
    ['new', named(0), undefined, 'live'],
    ['never used for long', named(31), undefined, 'gone'],
    ['old and in use', named(600), { lastUsedAt: ago(2), ended: false }, 'live'],
    ['idle', named(600), { lastUsedAt: ago(31), ended: false }, 'gone'],
    ['ended', named(1), { lastUsedAt: ago(0), ended: true }, 'gone'],
  ] as const)('that is %s', (_what, request, kept, expected) => {
    expect(judgeSession(request, kept, now).kind).toBe(expected);
  });

  it('is written again once its kept use is a minute old', () => {
    expect(judgeSession(named(0), undefined, now)).toMatchObject({ isStale: false });
    expect(judgeSession(named(2), undefined, now)).toMatchObject({ isStale: true });
  });
});

describe('the rate of calls', () => {
  it('counts a minute from a first call, each caller apart, and forgets those long gone', () => {
    const rate = new CallRate();
    expect([1, 2, 3].map(() => rate.admit('a', 2, 0))).toEqual([true, true, false]);
    expect(rate.admit('b', 2, 0)).toBe(true);
    expect(rate.admit('a', 2, 59_999)).toBe(false);
    expect(rate.admit('a', 2, 60_000)).toBe(true);
    for (let key = 0; key < 20_000; key += 1) rate.admit(`k${key}`, 1, 60_000);
    expect(rate.admit('k19999', 1, 60_000)).toBe(false);
  });
});

describe('the output of a job', () => {
  const job = {
    id: 'j',
    task_id: 't',
    node_id: null,
    status: 'completed',
    payload: null,
    result: null,
    started_at: null,
    ended_at: null,
    created_at: '',
    updated_at: '',
  } as const;

  it('is cut between characters, and says so, also when it came cut', () => {
    expect(boundedOutput(job, 4)).toEqual({ job, output_truncated: false });
    const result = { stdout: 'aéé', stderr: 'ok' };
    expect(boundedOutput({ ...job, result }, 4)).toMatchObject({
      output_truncated: true,
      job: { result: { stdout: 'aé', stderr: 'ok' } },
    });
    const came = { stdout: 'x', truncated: { stdout: true, stderr: false } };
    expect(boundedOutput({ ...job, result: came }, 4)).toMatchObject({ output_truncated: true });
  });

  it('stands without values of variables', () => {
    expect(withoutValues(job)).toBe(job);
    const payload = { kind: 'sandbox', env: { B: 'secret', A: 'x' } };
    expect(withoutValues({ ...job, payload }).payload).toEqual({
      kind: 'sandbox',
      env_names: ['A', 'B'],
    });
  });
});
