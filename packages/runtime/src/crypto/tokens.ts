import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** An opaque token of `bytes` random bytes as base64url; 32 bytes unless told. */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/** SHA-256 of a text's UTF-8, as kept in place of opaque tokens. */
export function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

/** Equality in time that does not depend on where two texts differ, nor on their lengths. */
export function constantTimeEqual(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}
