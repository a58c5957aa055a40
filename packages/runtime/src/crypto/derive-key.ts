import { hkdfSync } from 'node:crypto';
import type { Secret } from '../config/secret.ts';

const keyBytes = 32;

/**
 * A key of its own for each purpose, derived from one secret by HKDF-SHA-256: what is signed for one purpose is worth
 * nothing for another. @param purpose a fixed text; another one is another key
 */
export function deriveKey(secret: Secret, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret.reveal(), '', `cynodeai ${purpose}`, keyBytes));
}
