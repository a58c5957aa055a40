import { type ReadinessReason, problemSchema } from '@cynodeai/contracts/common';
import { messageOf, parseJsonOr } from '@cynodeai/runtime/std';

/** What a server's `/readyz` says. */
export type Readiness =
  | { readonly state: 'ready' }
  | { readonly state: 'not_ready'; readonly reasons: readonly ReadinessReason[] }
  | { readonly state: 'unreachable'; readonly why: string };

const limitMs = 3000;

function reasonsIn(text: string): readonly ReadinessReason[] {
  return problemSchema.safeParse(parseJsonOr(text)).data?.reasons ?? [];
}

/** Asks a server of the stack whether it is ready. See docs/reference/processes.md#readiness. */
export async function readinessOf(baseUrl: string): Promise<Readiness> {
  try {
    const answer = await fetch(`${baseUrl}/readyz`, { signal: AbortSignal.timeout(limitMs) });
    const text = await answer.text();
    if (answer.ok) return { state: 'ready' };
    return { state: 'not_ready', reasons: reasonsIn(text) };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return { state: 'unreachable', why: messageOf(cause) };
  }
}
