import { systemClock } from '@cynodeai/runtime/std';
import { expect, it } from 'vitest';
import { openLocalSession } from './open-local-session.ts';

const client = { ip: '127.0.0.1', userAgent: undefined };
const said = { at: '2026-11-20T10:00:00.000Z', nonce: 'n', proof: 'p' };
const user = { userId: 'u', handle: 'admin', isActive: true, passwordHash: 'hash' };

/** Opens one where the password changes so often under the hand. */
async function open(changes: number, found: typeof user | 'nobody') {
  const verified: string[] = [];
  const reasons: string[] = [];
  const deps: Parameters<typeof openLocalSession>[0] = {
    identity: {
      findLogin: async () => (found === 'nobody' ? undefined : found),
      openSession: async ({ verifiedHash }) => {
        verified.push(verifiedHash);
        return verified.length > changes;
      },
    },
    accessTokens: { issue: async () => 'access', verify: async () => undefined },
    refreshTokens: {
      create: () => ({ token: 'refresh', hash: Buffer.alloc(0) }),
      hash: () => Buffer.alloc(0),
    },
    refusals: {
      count: ({ log, ...more }) => void reasons.push(log, 'reason' in more ? more.reason : ''),
    },
    lifetimes: { accessMs: 1000, refreshMs: 1000 },
    clock: systemClock,
    isProof: () => true,
  };
  const answer = await openLocalSession(deps, said, client).catch((error: unknown) => error);
  return { answer, verified, reasons };
}

it('looks at the user again when their password changed before the session was there', async () => {
  const { answer, verified } = await open(2, user);
  expect(answer).toMatchObject({ access_token: 'access', refresh_token: 'refresh' });
  expect(verified).toHaveLength(3);
});

it.each([
  ['a password that never stops changing', 3, user],
  ['a disabled user', 0, { ...user, isActive: false }],
  ['nobody of that name', 0, 'nobody'],
] as const)('refuses for %s', async (_what, changes, found) => {
  const { answer, reasons } = await open(changes, found);
  expect(answer).toMatchObject({ code: 'credentials_invalid' });
  expect(reasons).toEqual(['auth', 'user_inactive']);
});
