import { randomToken, sha256 } from '@cynodeai/runtime/crypto';
import type { JoinTokenSecrets } from '../../ports/join-tokens.ts';

/** Random secrets of 32 bytes; nobody guesses one, so that a plain hash keeps it. */
export const randomJoinSecrets: JoinTokenSecrets = {
  make: () => {
    const token = randomToken();
    return { token, hash: sha256(token) };
  },
  hash: sha256,
};
