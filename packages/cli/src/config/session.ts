import { Secret } from '@cynodeai/runtime/config';
import { at, parseJsonOr } from '@cynodeai/runtime/std';

/** A stored session. The access token is missing when only the refresh token was kept. */
export interface Session {
  readonly access: Secret | undefined;
  readonly refresh: Secret | undefined;
}

/**
 * Both tokens as the one secret a credential helper keeps.
 * See docs/reference/cli.md#credential-helper.
 */
export function packSession(access: string, refresh: string): string {
  return JSON.stringify({ token: access, refresh_token: refresh });
}

/** A secret that holds a pair is split, anything else is the bare access token; empty is no session. */
export function unpackSession(secret: string): Session | undefined {
  if (secret === '') return undefined;
  const pair = parseJsonOr(secret);
  const [access, refresh] = [at(pair, 'token'), at(pair, 'refresh_token')];
  const isPair = typeof access === 'string' && ['string', 'undefined'].includes(typeof refresh);
  if (!isPair) return sessionOf(secret, undefined);
  return sessionOf(access, typeof refresh === 'string' ? refresh : undefined);
}

/** A session of the tokens that are not empty; undefined when neither is there. */
export function sessionOf(
  access: string | undefined,
  refresh: string | undefined,
): Session | undefined {
  if (!access && !refresh) return undefined;
  return {
    access: access ? new Secret(access) : undefined,
    refresh: refresh ? new Secret(refresh) : undefined,
  };
}
