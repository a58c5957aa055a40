import { localSessionRoute } from '@cynodeai/contracts/gateway';
import type { Secret } from '@cynodeai/runtime/config';
import { isInstallProof } from '@cynodeai/runtime/crypto';
import { type HttpServer, bindRoute, requireSameMachine } from '@cynodeai/runtime/http';
import type { LoginDeps } from '../../../../app/auth/login.ts';
import {
  type OpenLocalSessionDeps,
  openLocalSession,
} from '../../../../app/auth/open-local-session.ts';
import { admitLogin } from '../../../../app/auth/throttle.ts';
import { clientContext } from './client-context.ts';

/**
 * `POST /v1/auth/local`, for clients of this machine, and only where there is a key.
 * See docs/reference/processes.md#proof.
 */
export function bindLocalSession(
  server: HttpServer,
  deps: LoginDeps,
  key: Secret | undefined,
): void {
  if (key === undefined) return;
  const isProof: OpenLocalSessionDeps['isProof'] = ({ at, nonce, proof }, now) =>
    isInstallProof(key, { at: new Date(at), nonce }, proof, now);
  bindRoute(server, localSessionRoute, {
    guard: async (request) => {
      requireSameMachine(request);
      await admitLogin(deps.throttle, clientContext(request));
    },
    handle: async (call) => ({
      status: 200,
      body: await openLocalSession({ ...deps, isProof }, call.body, clientContext(call)),
    }),
  });
}
