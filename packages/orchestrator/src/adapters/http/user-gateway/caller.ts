import type { Route, RouteInput } from '@cynodeai/contracts/common';
import { type HttpServer, ProblemError, parsePart } from '@cynodeai/runtime/http';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../../app/audit/call.ts';
import {
  type AuthenticateDeps,
  authenticate,
  authenticateAndRead,
} from '../../../app/auth/authenticate.ts';
import { OrchestratorError } from '../../../domain/errors.ts';
import { type UserSession, actsFor, subjectType } from '../../../domain/identity/actor.ts';
import type { SessionRef } from '../../../ports/identity.ts';
import type { AuditedCall, AuditedCalls } from './audited-calls.ts';
import { bearerToken } from './bearer.ts';

/** The authenticated caller of an audited route. */
export interface HttpCaller extends Caller {
  readonly actor: UserSession;
  readonly call: AuditedCall;
}

/** Where a read says what it is about. */
interface ReadInput<R extends Route> {
  readonly params: RouteInput<R, 'params'>;
  readonly query: RouteInput<R, 'query'>;
}

interface WithActor {
  readonly actor: UserSession;
}

/** Guard of every route that needs an access token; nothing but the token identifies a caller (REQ-USRGWY-0133). */
export interface CallerGuard {
  (request: FastifyRequest): Promise<HttpCaller>;
  /** A guard that reads what the route is about in the statement that reads the caller. */
  reading<R extends Route, Found extends WithActor>(
    route: R,
    read: (session: SessionRef, now: Date, input: ReadInput<R>) => Promise<Found | undefined>,
  ): (request: FastifyRequest) => Promise<HttpCaller & { readonly found: Found }>;
}

function inputOf<R extends Route>(route: R, request: FastifyRequest): ReadInput<R> {
  // The schemas are the route's; RouteInput names what they return.
  return {
    params: parsePart(route.params, request.params, 'params') as RouteInput<R, 'params'>,
    query: parsePart(route.query, request.query, 'query') as RouteInput<R, 'query'>,
  };
}

function isInputFault(error: unknown): boolean {
  if (error instanceof ProblemError) return error.code === 'validation';
  return error instanceof OrchestratorError && error.code === 'input_invalid';
}

export function callerGuard(
  server: HttpServer,
  deps: AuthenticateDeps,
  calls: AuditedCalls,
): CallerGuard {
  const callerOf = (request: FastifyRequest, actor: UserSession): HttpCaller => {
    const call = calls.of(request);
    call.actor = actor;
    server.addLogFields(request, {
      user_id: actsFor(actor)?.userId,
      subject_type: subjectType(actor),
    });
    return { actor, call };
  };
  const guard = async (request: FastifyRequest): Promise<HttpCaller> =>
    callerOf(request, await authenticate(deps, bearerToken(request.headers.authorization)));
  const reading: CallerGuard['reading'] = (route, read) => async (request) => {
    try {
      const input = inputOf(route, request);
      const token = bearerToken(request.headers.authorization);
      const found = await authenticateAndRead(deps, token, (session, now) =>
        read(session, now, input),
      );
      return { ...callerOf(request, found.actor), found };
    } catch (error) {
      // Who calls is settled before what is wrong with the call.
      if (isInputFault(error)) await guard(request);
      throw error;
    }
  };
  return Object.assign(guard, { reading });
}
