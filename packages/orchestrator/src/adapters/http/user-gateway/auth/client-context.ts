import type { ClientContext } from '../../../../ports/identity.ts';

interface From {
  readonly ip: string;
  readonly headers: { readonly 'user-agent'?: string | undefined };
}

/** Where a call came from, for audit rows. */
export function clientContext({ ip, headers }: From): ClientContext {
  return { ip, userAgent: headers['user-agent'] };
}
