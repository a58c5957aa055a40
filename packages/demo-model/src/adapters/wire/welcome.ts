import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Names under which a service of this machine may be called; a page on the web has another one. */
const ownNames: ReadonlySet<string> = new Set(['', 'localhost', hostname().toLowerCase()]);
const ownEndings = ['.localhost', '.local', '.internal'];

function isOwnName(name: string): boolean {
  const folded = name.toLowerCase().replace(/\.$/, '');
  return ownNames.has(folded) || ownEndings.some((ending) => folded.endsWith(ending));
}

function isOwnHost(host: string): boolean {
  const name = URL.parse(`http://${host}`)?.hostname;
  if (name === undefined) return false;
  return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || isOwnName(name);
}

/** Pages of this machine, and programs that show pages of their own. */
function isOwnOrigin(origin: string): boolean {
  const url = URL.parse(origin);
  if (url === null) return false;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return true;
  return ['localhost', '127.0.0.1', '0.0.0.0'].includes(url.hostname);
}

/** Whether a caller is let in: neither its `Host` nor its `Origin` may be that of a page elsewhere. */
export function isWelcome({ host = '', origin }: IncomingHttpHeaders): boolean {
  return isOwnHost(host) && (origin === undefined || isOwnOrigin(origin));
}
