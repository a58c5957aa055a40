/** What is known of the identity of a registered node. */
export interface KnownIdentity {
  /** Its public key; undefined when its registration brought none. */
  readonly publicKey: string | undefined;
  /** False for a node that registered before there were identities, and has not come back with a key. */
  readonly isSettled: boolean;
  /** Raised by every registration. */
  readonly epoch: number;
  /** Until when an administrator lets another identity take its place, once. */
  readonly allowedUntil: Date | undefined;
}

/** What came of checking the signature a registration brings. */
export type IdentityProof =
  | { readonly kind: 'none' }
  /** Not made by the key, not for this slug, or not over a challenge that was given in the last minutes. */
  | { readonly kind: 'invalid' }
  /** Made by the key over a challenge that was given in this epoch of the node. */
  | { readonly kind: 'signed'; readonly epoch: number };

/** Who a registration says it is. */
export interface PresentedIdentity {
  readonly publicKey: string | undefined;
  readonly proof: IdentityProof;
}

/** Why a registration was refused, as the audit row says it. */
export type RegistrationRefusal = 'other_identity' | 'proof_invalid';

/** What becomes of a registration whose pre-shared key is right. */
export type RegistrationDecision =
  | {
      readonly kind: 'admit';
      /** As the audit row says it. */
      readonly how: 'first' | 'again' | 'identity_minted' | 'allowed';
    }
  /** The key is the node's: it is to be shown that its private half is there. */
  | { readonly kind: 'challenge' }
  | { readonly kind: 'refuse'; readonly reason: RegistrationRefusal };

function judgeProof(proof: IdentityProof, epoch: number): RegistrationDecision {
  if (proof.kind === 'none') return { kind: 'challenge' };
  // Every registration raises the epoch, so that a proof is good for one.
  return proof.kind === 'signed' && proof.epoch === epoch
    ? { kind: 'admit', how: 'again' }
    : { kind: 'refuse', reason: 'proof_invalid' };
}

/**
 * Whether a registration may have its slug: a fresh one is anybody's who has the pre-shared key, a known one its
 * node's. A node that came without a key has nothing to prove and needs an administrator.
 * See docs/reference/nodes.md#identity.
 */
export function decideRegistration(
  known: KnownIdentity | undefined,
  presented: PresentedIdentity,
  now: Date,
): RegistrationDecision {
  if (known === undefined) return { kind: 'admit', how: 'first' };
  const { publicKey } = presented;
  if (!known.isSettled) {
    return { kind: 'admit', how: publicKey === undefined ? 'again' : 'identity_minted' };
  }
  if (publicKey !== undefined && publicKey === known.publicKey) {
    return judgeProof(presented.proof, known.epoch);
  }
  const isAllowed = known.allowedUntil !== undefined && now < known.allowedUntil;
  return isAllowed
    ? { kind: 'admit', how: 'allowed' }
    : { kind: 'refuse', reason: 'other_identity' };
}
