import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** SHA-256 as hex of a JSON value in canonical form (RFC 8785): equal values give equal hashes whatever their key order. */
export function canonicalHash(value: unknown): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? 'null')
    .digest('hex');
}
