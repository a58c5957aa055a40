import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** By which names a server may be called. See docs/reference/http.md#requests. */
export interface HostRule {
  /** Beside the names that nobody outside can own; `*` lets in any. */
  readonly names: readonly string[];
  /**
   * Machines call here, with tokens: a foreign name is refused only where a browser may have sent it, with `Origin` or
   * by a read without `Authorization`. Browsers send `Origin` with everything but reads.
   */
  readonly calledByMachines?: boolean;
}

export interface NamedRequest {
  readonly method: string;
  readonly headers: Pick<IncomingHttpHeaders, 'host' | 'origin' | 'authorization'>;
}

/** No registry gives these away, so that no page of a stranger can be served under them. */
const privateSuffixes = ['.localhost', '.local', '.internal', '.home.arpa'];

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The name of a `Host` header, without port and root dot, in lower case. */
function nameOf(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  const name = (end > 0 ? host.slice(0, end) : host).toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** True for addresses and for names that only this network knows: without a dot, or below a private suffix. */
function isOwn(name: string): boolean {
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0 || !name.includes('.')) return true;
  return privateSuffixes.some((suffix) => name.endsWith(suffix)) || name === nameOf(hostname());
}

/** Holds what a request is addressed to against the rule; a page that has its own name lead here is found out by it. */
export function hostCheck(rule: HostRule): (request: NamedRequest) => boolean {
  const known: ReadonlySet<string> = new Set(rule.names.map(nameOf));
  return ({ method, headers }) => {
    const { host, origin, authorization } = headers;
    // Without one it is HTTP/1.0, which no browser speaks.
    if (host === undefined || known.has('*')) return true;
    const name = nameOf(host);
    if (isOwn(name) || known.has(name)) return true;
    if (rule.calledByMachines !== true) return false;
    return origin === undefined && (authorization !== undefined || !reads.has(method));
  };
}
