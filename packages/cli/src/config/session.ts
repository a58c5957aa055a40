import { Secret } from '@cynodeai/runtime/config';
import { at, parseJsonOr } from '@cynodeai/runtime/std';

/** A session as it is used. The access token is missing when only the refresh token was kept. */
export interface Session {
  readonly access: Secret | undefined;
  readonly refresh: Secret | undefined;
}

/** A session as it is kept. */
export interface KeptSession {
  /** Mark of the gateway that issued it; undefined: kept by a version that did not note it. */
  readonly gateway: string | undefined;
  readonly token: string | undefined;
  readonly refreshToken: string | undefined;
}

/** A kept session; undefined when neither token is there. Empty counts as absent. */
export function keptSession(
  gateway: string | null | undefined,
  token: string | null | undefined,
  refreshToken: string | null | undefined,
): KeptSession | undefined {
  if (!token && !refreshToken) return undefined;
  return {
    gateway: gateway || undefined,
    token: token || undefined,
    refreshToken: refreshToken || undefined,
  };
}

/** The tokens of a kept session. */
export function sessionOf({ token, refreshToken }: KeptSession): Session {
  return {
    access: token === undefined ? undefined : new Secret(token),
    refresh: refreshToken === undefined ? undefined : new Secret(refreshToken),
  };
}

/** As documents have it. */
export function documentOf({ gateway, token, refreshToken }: KeptSession): Record<string, string> {
  return {
    ...(token !== undefined && { token }),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(gateway !== undefined && { gateway }),
  };
}

/**
 * Sessions as the one secret a credential helper keeps; the first stands at its top.
 * See docs/reference/cli.md#credential-helper.
 */
export function packSessions([first, ...others]: readonly KeptSession[]): string {
  if (first === undefined) return '';
  return JSON.stringify({
    ...documentOf(first),
    ...(others.length > 0 && { others: others.map(documentOf) }),
  });
}

function read(entry: unknown): KeptSession[] {
  const [token, refresh, gateway] = ['token', 'refresh_token', 'gateway'].map((key) =>
    at(entry, key),
  );
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' ? value : undefined;
  return [keptSession(text(gateway), text(token), text(refresh)) ?? []].flat();
}

/** A secret that holds a pair is split, anything else is a bare access token; empty is no session. */
export function unpackSessions(secret: string): KeptSession[] {
  const pair = parseJsonOr(secret);
  const kinds = ['token', 'refresh_token'].map((key) => typeof at(pair, key));
  const isPair =
    kinds.includes('string') && kinds.every((kind) => kind === 'string' || kind === 'undefined');
  if (!isPair) return [keptSession(undefined, secret, undefined) ?? []].flat();
  const others = at(pair, 'others');
  return [pair, ...(Array.isArray(others) ? others : [])].flatMap(read);
}
