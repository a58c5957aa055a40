import { type ReadinessReason, healthRoutes } from '@cynodeai/contracts/common';
import { CallError, HttpClient, callRoute } from '@cynodeai/runtime/call';
import type { Secret } from '@cynodeai/runtime/config';
import { messageOf } from '@cynodeai/runtime/std';

/** What a server's `/readyz` says. */
export type Readiness =
  | { readonly state: 'ready' }
  | { readonly state: 'not_ready'; readonly reasons: readonly ReadinessReason[] }
  | { readonly state: 'unreachable'; readonly why: string };

const limitMs = 3000;

/**
 * Asks a server of the stack whether it is ready. See docs/reference/processes.md#readiness.
 * @param proofKey key by which it first proves whose it is; where it has none, whoever is there is believed
 */
export async function readinessOf(baseUrl: string, proofKey?: Secret): Promise<Readiness> {
  const client = new HttpClient({ proofKey });
  try {
    await callRoute(healthRoutes.readyz, {}, { client, baseUrl, timeoutMs: limitMs });
    return { state: 'ready' };
  } catch (error) {
    if (error instanceof CallError && error.status !== undefined) {
      return { state: 'not_ready', reasons: error.problem?.reasons ?? [] };
    }
    return {
      state: 'unreachable',
      why: error instanceof CallError ? error.reason : messageOf(error),
    };
  } finally {
    await client.close();
  }
}
