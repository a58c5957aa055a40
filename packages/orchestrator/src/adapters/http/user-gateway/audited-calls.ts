import type { OtherRoute, UserRoute } from '@cynodeai/contracts/common';
import { type GatewayAction, gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { HttpServer } from '@cynodeai/runtime/http';
import { type Clock, storableText } from '@cynodeai/runtime/std';
import type { FastifyRequest } from 'fastify';
import type { AuditQueue } from '../../../app/audit/audit-queue.ts';
import type { Call, OutcomeKind } from '../../../app/audit/call.ts';
import { type CallAnswer, auditRow } from '../../../app/audit/record.ts';
import type { UserSession } from '../../../domain/identity/actor.ts';
import type { RefusedCall } from '../../../domain/audit/refusal.ts';
import type { GatewayAuditRow } from '../../../ports/audit.ts';
import type { Refusals } from '../../../ports/refusals.ts';

type AuditedRoute = UserRoute<GatewayAction>;

/** Every route that checks a person is audited. See docs/reference/identity-and-policy.md#audit. */
const auditedRoutes: ReadonlyMap<string, AuditedRoute> = new Map(
  Object.values<AuditedRoute | OtherRoute>(gatewayRoutes)
    .filter((route) => route.auth === 'user')
    .map((route) => [route.operation, route]),
);

const created = 201;
const refusals = new Set([401, 403, 404, 429]);

/** The status of an answer as its audit row tells it: one that hides or refuses something is a denial. */
export function answerOf(statusCode: number): CallAnswer {
  return { decision: refusals.has(statusCode) ? 'deny' : 'allow', statusCode };
}

/** True for an answer whose row may be written after it. */
function mayFollow(method: string, statusCode: number): boolean {
  return statusCode >= 500 || (method === 'GET' && statusCode < 400);
}

/** The status that tells an outcome: the route's other success status than 201, unless something was created. */
function statusOf({ success }: AuditedRoute, outcome: OutcomeKind): number {
  if (outcome === 'created' || outcome === 'replayed') return created;
  return (
    Object.keys(success)
      .map(Number)
      .find((status) => status !== created) ?? created
  );
}

/** One call of an audited route, from its arrival on. */
export class AuditedCall implements Call {
  readonly requestId: string;
  readonly ip: string;
  readonly userAgent: string | undefined;
  readonly entry: AuditedRoute;
  readonly #started = performance.now();
  /** Known once the caller's token was checked. */
  actor: UserSession | undefined;
  /** What the call is about, as far as it is known. */
  resourceId: string | undefined;
  projectId: string | undefined;
  #isRecorded = false;

  constructor(request: FastifyRequest, route: AuditedRoute) {
    this.requestId = request.id;
    this.ip = request.ip;
    this.userAgent = request.headers['user-agent'];
    this.entry = route;
    this.resourceId = pathId(request);
  }

  /** True once its row was written. */
  get isRecorded(): boolean {
    return this.#isRecorded;
  }

  recorded(): void {
    this.#isRecorded = true;
  }

  readonly elapsedMs = (): number => performance.now() - this.#started;

  readonly codeOf = (outcome: OutcomeKind): number => statusOf(this.entry, outcome);

  /** Status of the answer that tells what a use case did and recorded; one that did nothing recorded nothing. */
  answers(outcome: OutcomeKind): number {
    if (outcome !== 'replayed') this.recorded();
    return this.codeOf(outcome);
  }
}

function pathId(request: FastifyRequest): string | undefined {
  const { params } = request;
  if (typeof params !== 'object' || params === null) return undefined;
  const id: unknown = Reflect.get(params, 'id') ?? Reflect.get(params, 'key');
  return typeof id === 'string' ? storableText(id) : undefined;
}

/** A call whose caller was never known, as it is counted. */
function refusedCall(call: AuditedCall, statusCode: number, at: Date): RefusedCall {
  const { entry, requestId, ip } = call;
  const { operation, action, resource } = entry;
  const durationMs = Math.round(call.elapsedMs());
  const told = { operation, action, resource, ...answerOf(statusCode), requestId, durationMs };
  return { log: 'gateway', ...told, ip, at };
}

export interface AuditedCalls {
  /** The record of a call; made when the request arrived. */
  of(request: FastifyRequest): AuditedCall;
}

/**
 * Follows every audited call, whatever comes of it: refused, broken off and failed calls too. The row of a read follows
 * its answer, and so does the row of a fault of ours, which may be that no row can be written; every other row is
 * written before the answer leaves. Calls of nobody known are counted, and no answer waits for that. Must be installed
 * before routes are bound.
 */
export function followCalls(
  server: HttpServer,
  queue: AuditQueue,
  refusals: Refusals,
  clock: Clock,
): AuditedCalls {
  const calls = new WeakMap<FastifyRequest, AuditedCall>();
  const rowOf = (call: AuditedCall, statusCode: number): GatewayAuditRow =>
    auditRow(call, call.actor, call, answerOf(statusCode), clock.now());
  server.app.addHook('onRequest', async (request, reply) => {
    const route = auditedRoutes.get(request.routeOptions.config.operation ?? '');
    if (route === undefined) return;
    const call = new AuditedCall(request, route);
    calls.set(request, call);
    reply.raw.once('close', () => {
      const { statusCode } = reply.raw;
      if (call.actor === undefined) refusals.count(refusedCall(call, statusCode, clock.now()));
      else if (!call.isRecorded) queue.record(rowOf(call, statusCode));
    });
  });
  server.app.addHook('onSend', async (request, { statusCode }) => {
    const call = calls.get(request);
    if (call?.actor === undefined || call.isRecorded) return;
    if (mayFollow(request.method, statusCode)) return;
    call.recorded();
    await queue.write(rowOf(call, statusCode));
  });
  return {
    of: (request) => {
      const call = calls.get(request);
      if (call === undefined) throw new Error('this route is not among the audited operations');
      return call;
    },
  };
}
