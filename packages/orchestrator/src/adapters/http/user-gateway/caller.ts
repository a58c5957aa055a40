import type { HttpServer } from '@cynodeai/runtime/http';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../../app/audit/call.ts';
import { type AuthenticateDeps, authenticate } from '../../../app/auth/authenticate.ts';
import { type UserSession, actsFor, subjectType } from '../../../domain/identity/actor.ts';
import type { AuditedCall, AuditedCalls } from './audited-calls.ts';
import { bearerToken } from './bearer.ts';

/** The authenticated caller of an audited route. */
export interface HttpCaller extends Caller {
  readonly actor: UserSession;
  readonly call: AuditedCall;
}

export type CallerGuard = (request: FastifyRequest) => Promise<HttpCaller>;

/** Guard of every route that needs an access token; nothing but the token identifies a caller (REQ-USRGWY-0133). */
export function callerGuard(
  server: HttpServer,
  deps: AuthenticateDeps,
  calls: AuditedCalls,
): CallerGuard {
  return async (request) => {
    const call = calls.of(request);
    const actor = await authenticate(deps, bearerToken(request.headers.authorization));
    call.actor = actor;
    server.addLogFields(request, {
      user_id: actsFor(actor)?.userId,
      subject_type: subjectType(actor),
    });
    return { actor, call };
  };
}
