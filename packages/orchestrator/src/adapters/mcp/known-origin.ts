import type { IncomingHttpHeaders } from 'node:http';

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a request comes from no page, from one of the gateway's own name, or from one of this machine. Agents are no
 * pages: `Origin` is a sign of a browser that was led here.
 */
export function isKnownOrigin({
  origin,
  host,
}: Pick<IncomingHttpHeaders, 'origin' | 'host'>): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { hostname, host: authority } = new URL(origin);
  return loopback.has(hostname) || authority === host;
}
