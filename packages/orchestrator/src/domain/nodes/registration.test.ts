import { describe, expect, it } from 'vitest';
import { type KnownIdentity, type PresentedIdentity, decideRegistration } from './registration.ts';

const now = new Date('2026-01-01T00:00:00Z');
const soon = new Date(now.getTime() + 1);
const known: KnownIdentity = {
  publicKey: 'own',
  isSettled: true,
  epoch: 3,
  allowedUntil: undefined,
};
const of = (publicKey?: string, proof: PresentedIdentity['proof'] = { kind: 'none' }) => ({
  publicKey,
  proof,
});
const signed = (epoch: number) => ({ kind: 'signed', epoch }) as const;
const decide = (stored: KnownIdentity | undefined, presented: PresentedIdentity) => {
  const decision = decideRegistration(stored, presented, now);
  if (decision.kind === 'admit') return decision.how;
  return decision.kind === 'refuse' ? decision.reason : decision.kind;
};

describe('a registration', () => {
  it('of a fresh slug is admitted with and without a key', () => {
    expect([decide(undefined, of()), decide(undefined, of('any'))]).toEqual(['first', 'first']);
  });

  it('of a known slug needs the proof of its key, made in this epoch', () => {
    expect(decide(known, of('own'))).toBe('challenge');
    expect(decide(known, of('own', signed(3)))).toBe('again');
    for (const proof of [signed(2), signed(4), { kind: 'invalid' } as const]) {
      expect(decide(known, of('own', proof))).toBe('proof_invalid');
    }
    for (const other of [of(), of('other'), of('other', signed(3))]) {
      expect(decide(known, other)).toBe('other_identity');
    }
  });

  it('by another identity needs an allowance that has not run out', () => {
    const allowed = { ...known, allowedUntil: soon };
    expect([decide(allowed, of()), decide(allowed, of('other'))]).toEqual(['allowed', 'allowed']);
    expect(decide({ ...known, allowedUntil: now }, of('other'))).toBe('other_identity');
    // It is for those who lost the key, not for a forged proof of it.
    expect(decide(allowed, of('own', { kind: 'invalid' }))).toBe('proof_invalid');
  });

  it('without a key leaves nothing to prove: only an allowance lets the slug be taken again', () => {
    const keyless = { ...known, publicKey: undefined };
    expect([decide(keyless, of()), decide(keyless, of('any', signed(3)))]).toEqual([
      'other_identity',
      'other_identity',
    ]);
    expect(decide({ ...keyless, allowedUntil: soon }, of('any'))).toBe('allowed');
  });

  it('of a node of an older version mints its identity when it brings a key', () => {
    const old = { ...known, publicKey: undefined, isSettled: false };
    expect([decide(old, of()), decide(old, of('any'))]).toEqual(['again', 'identity_minted']);
  });
});
