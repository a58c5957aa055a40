import { z } from 'zod';
import { defineRoute } from './route.ts';

/** 32 bytes in base64url: a nonce, and what is made of it. */
export const bytes32Schema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url');

/**
 * Whose a server is: asked on every connection before a secret goes over it, answered to callers of the same machine,
 * and served only where `cynode` gave the role a key. See docs/reference/processes.md#proof.
 */
export const proofRoute = defineRoute({
  operation: 'health.proof',
  method: 'GET',
  path: '/proof',
  auth: 'none',
  summary: 'Proves to a caller of the same machine whose server this is',
  query: z.object({ nonce: bytes32Schema }),
  success: { 200: { kind: 'json', schema: z.object({ proof: bytes32Schema }) } },
  errors: ['validation', 'not_found'],
});
