import { GatewayClient } from '@cynodeai/api-client';
import { localPlaceOf } from '@cynodeai/api-client/local-install';
import { LocalSession } from '@cynodeai/api-client/local-session';
import type { Install } from '../install/install.ts';
import { takeLock } from '../install/lock.ts';
import { openSecrets } from '../install/secrets.ts';

const userAgent = 'cynode';

/** The session that `cynode` keeps for the install's administrator. */
export function localSession({ paths, gatewayUrl }: Install): LocalSession {
  return new LocalSession({
    place: localPlaceOf(paths.home),
    gatewayUrl,
    userAgent,
    proofKey: openSecrets(paths).gatewayProof,
    password: () => openSecrets(paths).adminPassword,
    lock: takeLock,
  });
}

/** A gateway client that acts as this install's administrator and renews its session by itself. */
export function localClient(install: Install): GatewayClient {
  const session = localSession(install);
  return new GatewayClient({
    baseUrl: install.gatewayUrl,
    userAgent,
    proofKey: openSecrets(install.paths).gatewayProof,
    token: () => session.token(),
    onUnauthorized: async () => {
      await session.renew();
      return true;
    },
  });
}
