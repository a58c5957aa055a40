import type { IncomingHttpHeaders } from 'node:http';

/** Headers that concern one connection, carry a credential, or are written anew on the other side. */
const dropped: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  // Each side frames its own message.
  'content-length',
  'cookie',
  'cookie2',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'set-cookie',
  'set-cookie2',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const none: ReadonlySet<string> = new Set();

/** Names listed in `Connection`, which concern one connection too (RFC 9110 section 7.6.1). */
function connectionNames(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || /^(?:keep-alive|close)$/i.test(connection)) return none;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

/**
 * Names and values, in turn, of the headers that pass through the relay. Credentials, `Proxy-*` and
 * hop-by-hop headers, also those that `Connection` names, stay behind in both directions.
 * See docs/reference/sandbox.md#relay.
 */
export function passingHeaders(headers: IncomingHttpHeaders): string[] {
  const named = connectionNames(headers.connection);
  const passing: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || dropped.has(name) || named.has(name)) continue;
    if (name.startsWith('proxy-')) continue;
    if (typeof value === 'string') passing.push(name, value);
    else for (const entry of value) passing.push(name, entry);
  }
  return passing;
}
