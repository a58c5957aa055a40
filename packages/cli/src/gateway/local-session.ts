import type { LocalInstall } from '@cynodeai/api-client/local-install';
import { LocalSession } from '@cynodeai/api-client/local-session';
import { Secret } from '@cynodeai/runtime/config';
import { readFileSync } from 'node:fs';
import { holdLock } from '../base/hold-lock.ts';
import { packageVersion } from '../base/version.ts';

/** The session that `cynode` keeps for the user whose install it is. See docs/reference/cli.md#session-of-the-client. */
export function localSessionOf(
  { place, proofKey }: LocalInstall,
  gatewayUrl: string,
  signal: AbortSignal,
): LocalSession {
  return new LocalSession({
    place,
    gatewayUrl,
    userAgent: `cynork/${packageVersion}`,
    proofKey,
    password: () => new Secret(readFileSync(place.adminPassword, 'utf8').trim()),
    lock: (path) => holdLock(path, 'another program', signal),
    signal,
  });
}
