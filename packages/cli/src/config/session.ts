import { Secret } from '@cynodeai/runtime/config';
import { z } from 'zod';

/** A stored session. The access token is missing when only the refresh token was kept. */
export interface Session {
  readonly access: Secret | undefined;
  readonly refresh: Secret | undefined;
}

const pairSchema = z.object({ token: z.string(), refresh_token: z.string().optional() });

/** Both tokens as the one secret a credential helper keeps. Contract 05 section 4.4. */
export function packSession(access: string, refresh: string): string {
  return JSON.stringify({ token: access, refresh_token: refresh });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A secret that holds a pair is split, anything else is the bare access token; empty is no session. */
export function unpackSession(secret: string): Session | undefined {
  if (secret === '') return undefined;
  const pair = pairSchema.safeParse(parseJson(secret));
  const access = pair.success ? pair.data.token : secret;
  const refresh = pair.success ? pair.data.refresh_token : undefined;
  return sessionOf(access, refresh);
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
