import { leastMaskedBytes } from '@cynodeai/contracts/common';
import type { JobSecret } from '@cynodeai/contracts/gateway';
import type { Clock } from '@cynodeai/runtime/std';
import type {
  SealSecret,
  SecretReader,
  SecretRecord,
  TransactSecrets,
} from '../../ports/secrets.ts';

export interface SecretsDeps {
  readonly secrets: SecretReader;
  readonly transact: TransactSecrets;
  readonly seal: SealSecret;
  readonly clock: Clock;
}

/** A secret as it is shown. */
export function secretView({ name, sizeBytes, createdAt, updatedAt }: SecretRecord): JobSecret {
  return {
    name,
    size_bytes: sizeBytes,
    maskable: sizeBytes >= leastMaskedBytes,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}
