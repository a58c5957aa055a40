import { limits } from '@cynodeai/contracts/common';
import { OrchestratorError } from '../../../domain/errors.ts';

/** The `Idempotency-Key` header. @throws OrchestratorError `input_invalid` for an unusable one. */
export function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const usable = typeof header === 'string' && header.length <= limits.idempotencyKeyChars;
  if (usable && /^[\x20-\x7e]+$/.test(header)) return header;
  throw new OrchestratorError(
    'input_invalid',
    `Idempotency-Key must have 1 to ${limits.idempotencyKeyChars} printable ASCII characters`,
    { field: 'Idempotency-Key' },
  );
}
