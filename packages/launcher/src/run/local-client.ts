import { GatewayClient } from '@cynodeai/api-client';
import type { Install } from '../install/install.ts';
import { openSecrets } from '../install/secrets.ts';
import { LocalSession } from './session.ts';

const userAgent = 'cynode';

/** A gateway client that acts as this install's administrator and renews its session by itself. */
export function localClient(install: Install): GatewayClient {
  const session = new LocalSession(install, userAgent);
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
