import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../config/secret.ts';

/** What a server is asked. */
export interface ProofQuestion {
  /** Port of the server's end of the connection: a proof that somebody passes on from another port is worth nothing. */
  readonly port: number;
  /** Made up for this one question, 32 bytes in base64url. */
  readonly nonce: string;
}

/** What only a holder of the key can answer: HMAC-SHA-256, base64url. See docs/reference/processes.md#proof. */
export function serviceProof(key: Secret, { port, nonce }: ProofQuestion): string {
  return createHmac('sha256', key.reveal())
    .update(`cynode proof 1\n${port}\n${nonce}`)
    .digest('base64url');
}

/** Whether an answer is that of a holder of the key. */
export function isServiceProof(key: Secret, question: ProofQuestion, answer: string): boolean {
  const [given, right] = [Buffer.from(answer), Buffer.from(serviceProof(key, question))];
  return given.length === right.length && timingSafeEqual(given, right);
}
