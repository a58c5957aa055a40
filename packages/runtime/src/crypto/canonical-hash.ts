import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** A JSON value in canonical form (RFC 8785): equal values give equal texts whatever their key order. */
export function canonicalJson(value: unknown): string {
  return canonicalize(value) ?? 'null';
}

/** SHA-256 as hex of a JSON value in canonical form (RFC 8785): equal values give equal hashes whatever their key order. */
export function canonicalHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
