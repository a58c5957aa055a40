import { systemClock } from '@cynodeai/runtime/std';
import { describe, expect, it } from 'vitest';
import type { UserSession } from '../../domain/identity/actor.ts';
import type { AccessTokens, IdentityStore } from '../../ports/identity.ts';
import { authenticate, currentActor } from './authenticate.ts';
import { logout } from './logout.ts';

const me: UserSession = {
  kind: 'session',
  userId: 'u',
  sessionId: 's',
  handle: 'me',
  createdAt: new Date(0),
  groupIds: [],
  roles: [],
};
const broken = new Error('no database');

const accessTokens: AccessTokens = {
  issue: async () => '',
  verify: async (token) => (token === 'good' ? { userId: 'u', sessionId: 's' } : undefined),
};

function store(findSession: IdentityStore['findSession']): IdentityStore {
  const unused = (): never => {
    throw new Error('not part of this test');
  };
  return {
    findSession,
    findLogin: unused,
    recentAttempts: unused,
    recordLoginFailure: unused,
    openSession: unused,
    rotateSession: unused,
    refuseRefresh: unused,
    closeSessions: async () => {},
    removeExpiredSessions: unused,
  };
}

describe('authentication', () => {
  it('asks the store on every call and believes nothing else (REQ-IDENTY-0106)', async () => {
    let live: UserSession | undefined = me;
    const deps = { identity: store(async () => live), accessTokens, clock: systemClock };
    expect(await authenticate(deps, 'good')).toBe(me);
    expect(await currentActor(deps, me)).toBe(me);
    live = undefined;
    for (const token of ['good', 'bad', undefined]) {
      await expect(authenticate(deps, token)).rejects.toMatchObject({ code: 'session_invalid' });
    }
    await expect(currentActor(deps, me)).rejects.toMatchObject({ code: 'session_invalid' });
  });

  it('does not take a broken store for a wrong token', async () => {
    const deps = {
      identity: store(() => Promise.reject(broken)),
      accessTokens,
      clock: systemClock,
    };
    await expect(authenticate(deps, 'good')).rejects.toBe(broken);
    const refreshTokens = {
      create: () => ({ token: '', hash: Buffer.alloc(0) }),
      hash: () => Buffer.alloc(0),
    };
    const tokens = { accessToken: 'good', refreshToken: 'r' };
    await expect(
      logout({ ...deps, refreshTokens }, tokens, { ip: '', userAgent: undefined }),
    ).rejects.toBe(broken);
  });
});
