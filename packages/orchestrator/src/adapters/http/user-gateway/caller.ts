import type { HttpServer } from '@cynodeai/runtime/http';
import type { FastifyRequest } from 'fastify';
import { type AuthenticateDeps, authenticate } from '../../../app/auth/authenticate.ts';
import type { Principal } from '../../../domain/identity/principal.ts';
import type { AuditedCall, AuditedCalls } from './audited-calls.ts';
import { bearerToken } from './bearer.ts';

/** The authenticated caller of a Data REST route. */
export interface Caller {
  readonly principal: Principal;
  readonly call: AuditedCall;
}

export type CallerGuard = (request: FastifyRequest) => Promise<Caller>;

/** Guard of every route that needs an access token; nothing but the token identifies a caller (REQ-USRGWY-0133). */
export function callerGuard(
  server: HttpServer,
  deps: AuthenticateDeps,
  calls: AuditedCalls,
): CallerGuard {
  return async (request) => {
    const call = calls.of(request);
    const principal = await authenticate(deps, bearerToken(request.headers.authorization));
    call.principal = principal;
    server.addLogFields(request, { user_id: principal.userId, subject_type: 'user' });
    return { principal, call };
  };
}
