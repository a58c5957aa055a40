import type { ClientContext } from '../../../../ports/identity.ts';

interface From {
  readonly ip: string;
  readonly headers: { readonly 'user-agent'?: string | undefined };
}

/** Where a call came from, for audit rows. */
export function clientContext({ ip, headers }: From): ClientContext {
  return { ip, userAgent: headers['user-agent'] };
}

/**
 * Answers that carry tokens are kept by nobody. See docs/reference/identity-and-policy.md#sessions.
 */
export const noStore = { 'cache-control': 'no-store' } as const;
