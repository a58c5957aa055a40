import { createHmac } from 'node:crypto';
import type { Secret } from '../config/secret.ts';
import { constantTimeEqual } from './tokens.ts';

/** What a caller says of itself. */
export interface InstallCall {
  /** When it calls. */
  readonly at: Date;
  /** Made up for this one call, 32 bytes in base64url. */
  readonly nonce: string;
}

/** How long a proof is good, before and after its moment, ms: both ends have the clock of one machine. */
const goodForMs = 5 * 60_000;

/**
 * What only a holder of an install's key can say to its server: HMAC-SHA-256, base64url.
 * See docs/reference/processes.md#proof.
 */
export function installProof(key: Secret, { at, nonce }: InstallCall): string {
  return createHmac('sha256', key.reveal())
    .update(`cynode caller 1\n${at.toISOString()}\n${nonce}`)
    .digest('base64url');
}

/** Whether a holder of the key said so about now. */
export function isInstallProof(key: Secret, call: InstallCall, proof: string, now: Date): boolean {
  const isNow = Math.abs(now.getTime() - call.at.getTime()) <= goodForMs;
  return constantTimeEqual(proof, installProof(key, call)) && isNow;
}
