import type { Secret } from '@cynodeai/runtime/config';
import {
  EnvelopeOpener,
  UnsealError,
  deriveKey,
  envelopeKeyId,
  sealFor,
} from '@cynodeai/runtime/crypto';
import type { SealSecret, SecretPlace, SecretVault } from '../../ports/secrets.ts';

const contextOf = ({ ownerId, name }: SecretPlace): string => `job_secrets/${ownerId}/${name}`;

/** Seals for the control plane; whoever does cannot open it. See docs/reference/sandbox.md#secrets. */
export const sealSecret: SealSecret = (publicKey, place, value) => ({
  ciphertext: sealFor(publicKey, value, contextOf(place)),
  kid: envelopeKeyId(publicKey),
});

/** Opens with a key derived from ORCHESTRATOR_SECRETS_KEY for this purpose alone. */
export function secretVault(secretsKey: Secret): SecretVault {
  const opener = new EnvelopeOpener(deriveKey(secretsKey, 'secrets of jobs'));
  return {
    publicKey: opener.publicKey,
    open: (place, { ciphertext }) => {
      try {
        return opener.open(ciphertext, contextOf(place));
      } catch (error) {
        if (error instanceof UnsealError) return undefined;
        throw error;
      }
    },
  };
}
