import { systemClock } from '@cynodeai/runtime/std';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../domain/identity/principal.ts';
import type { AccessTokens, IdentityStore } from '../../ports/identity.ts';
import { authenticate, currentPrincipal } from './authenticate.ts';
import { logout } from './logout.ts';

const me: Principal = {
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

function store(findPrincipal: IdentityStore['findPrincipal']): IdentityStore {
  const unused = (): never => {
    throw new Error('not part of this test');
  };
  return {
    findPrincipal,
    findLogin: unused,
    recentAttempts: unused,
    recordLoginFailure: unused,
    recordThrottledRefresh: unused,
    openSession: unused,
    rotateSession: unused,
    refuseRefresh: unused,
    closeSessions: async () => {},
    removeExpiredSessions: unused,
  };
}

describe('authentication', () => {
  it('asks the store on every call and believes nothing else (REQ-IDENTY-0106)', async () => {
    let live: Principal | undefined = me;
    const deps = { identity: store(async () => live), accessTokens, clock: systemClock };
    expect(await authenticate(deps, 'good')).toBe(me);
    expect(await currentPrincipal(deps, me)).toBe(me);
    live = undefined;
    for (const token of ['good', 'bad', undefined]) {
      await expect(authenticate(deps, token)).rejects.toMatchObject({ code: 'session_invalid' });
    }
    await expect(currentPrincipal(deps, me)).rejects.toMatchObject({ code: 'session_invalid' });
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
