import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type HttpServer, anyone, bindRoute } from '@cynodeai/runtime/http';
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
export function bindAuth(server: HttpServer, identity: FakeIdentity): void {
  bindRoute(server, gatewayRoutes.login, {
    guard: anyone,
    handle: ({ body: { handle, password } }) => ({
      status: 200,
      body: identity.login(handle, password),
      headers: noStore,
    }),
  });
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
