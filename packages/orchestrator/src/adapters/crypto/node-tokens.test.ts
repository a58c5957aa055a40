import { registrationProofText } from '@cynodeai/contracts/control-plane';
import { Secret } from '@cynodeai/runtime/config';
import { createSigningKey } from '@cynodeai/runtime/crypto';
import { describe, expect, it } from 'vitest';
import { jwtNodeChallenges, jwtNodeTokens } from './node-tokens.ts';

const secret = new Secret('k'.repeat(32));
const challenges = jwtNodeChallenges(secret);
const now = new Date('2026-01-01T00:00:00Z');
const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const node = { slug: 'a', epoch: 7 };

describe('a challenge for a node', () => {
  it('is another one each time, and tells the epoch for two minutes, within the skew of clocks', async () => {
    const challenge = await challenges.issue(node, now);
    expect(await challenges.issue(node, now)).not.toBe(challenge);
    expect(await challenges.epochOf(challenge, 'a', now)).toBe(7);
    expect(await challenges.epochOf(challenge, 'a', after(119))).toBe(7);
    expect(await challenges.epochOf(challenge, 'a', after(151))).toBeUndefined();
  });

  it('is none for another slug, of another key, or of another kind', async () => {
    const challenge = await challenges.issue(node, now);
    for (const slug of ['b', 'A', 'a ', '']) {
      expect(await challenges.epochOf(challenge, slug, now)).toBeUndefined();
    }
    const others = jwtNodeChallenges(new Secret('x'.repeat(32)));
    expect(await others.epochOf(challenge, 'a', now)).toBeUndefined();
    const issuer = jwtNodeTokens(secret, 1000);
    const nodeId = '0198c0de-0000-7000-8000-0000000000e0';
    const { jwt } = await issuer.issue({ nodeId, slug: 'a', epoch: 7 }, now);
    expect(await challenges.epochOf(jwt, nodeId, now)).toBeUndefined();
    expect(await issuer.verify(challenge, now)).toBeUndefined();
  });

  it('is signed for one slug', () => {
    const { key } = createSigningKey();
    const signature = key.sign(registrationProofText('a', 'c'));
    const isSigned = (slug: string, challenge: string) =>
      challenges.isSignedBy(key.publicKey, { slug, challenge, signature });
    expect(isSigned('a', 'c')).toBe(true);
    expect([isSigned('b', 'c'), isSigned('a', 'd'), isSigned('a\nc', '')]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
