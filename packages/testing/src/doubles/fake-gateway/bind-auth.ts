import { gatewayRoutes, localSessionRoute } from '@cynodeai/contracts/gateway';
import type { Secret } from '@cynodeai/runtime/config';
import { isInstallProof } from '@cynodeai/runtime/crypto';
import { type HttpServer, ProblemError, anyone, bindRoute } from '@cynodeai/runtime/http';
import { type FakeIdentity, type FakeUser, currentUser } from './fake-identity.ts';

interface WithHeaders {
  readonly headers: { readonly authorization?: string | undefined };
}

/** Guard of the routes that need an access token. */
export type CallerGuard = (request: WithHeaders) => FakeUser;

function bearerOf({ headers }: WithHeaders): string | undefined {
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

export function callerGuard(identity: FakeIdentity): CallerGuard {
  return (request) => identity.caller(bearerOf(request));
}

const noStore = { 'cache-control': 'no-store' };

/** Sessions and the caller. See docs/reference/identity-and-policy.md#sessions. */
export function bindAuth(
  server: HttpServer,
  identity: FakeIdentity,
  proofKey: Secret | undefined,
): void {
  bindRoute(server, gatewayRoutes.login, {
    guard: anyone,
    handle: ({ body: { handle, password } }) => ({
      status: 200,
      body: identity.login(handle, password),
      headers: noStore,
    }),
  });
  if (proofKey !== undefined) {
    bindRoute(server, localSessionRoute, {
      guard: anyone,
      handle: ({ body: { at, nonce, proof } }) => {
        // Its clock stands; when a proof was made is the real gateway's to judge.
        const made = new Date(at);
        if (!isInstallProof(proofKey, { at: made, nonce }, proof, made)) {
          throw new ProblemError('authentication', 'the proof is not one of this install');
        }
        const body = identity.openSession(identity.userOf('admin'));
        return { status: 200, body, headers: noStore };
      },
    });
  }
  bindRoute(server, gatewayRoutes.refresh, {
    guard: anyone,
    handle: ({ body }) => ({
      status: 200,
      body: identity.refresh(body.refresh_token),
      headers: noStore,
    }),
  });
  bindRoute(server, gatewayRoutes.logout, {
    guard: anyone,
    handle: (call) => {
      identity.logout(bearerOf(call), call.body.refresh_token);
      return { status: 204 };
    },
  });
  bindRoute(server, gatewayRoutes.me, {
    guard: callerGuard(identity),
    handle: ({ caller }) => ({ status: 200, body: currentUser(caller) }),
  });
}
