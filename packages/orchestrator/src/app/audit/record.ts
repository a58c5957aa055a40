import { type UserActor, actsFor } from '../../domain/identity/actor.ts';
import { allRoleNames } from '../../domain/identity/active-user.ts';
import { isAdministrative } from '../../domain/identity/role-map.ts';
import type { GatewayAuditLog, GatewayAuditRow } from '../../ports/audit.ts';
import type { Call, Caller, OutcomeKind } from './call.ts';

/** What a call was about. */
export interface CallSubject {
  readonly resourceId: string | undefined;
  readonly projectId?: string | undefined;
  /** Ids only. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** How the door answered. */
export type CallAnswer = Pick<GatewayAuditRow, 'decision' | 'statusCode'>;

/**
 * The audit row of a call; an administrative action covers several operations, so that the row
 * names its own. See docs/reference/identity-and-policy.md#audit.
 */
export function auditRow(
  call: Pick<Call, 'requestId' | 'ip' | 'entry' | 'elapsedMs'>,
  actor: UserActor | undefined,
  about: CallSubject,
  answer: CallAnswer,
  at: Date,
): GatewayAuditRow {
  const { operation, action, resource } = call.entry;
  const user = actor && actsFor(actor);
  const details = { ...(isAdministrative(action) && { operation }), ...about.details };
  return {
    at,
    requestId: call.requestId,
    userId: user?.userId,
    groupIds: user?.groupIds,
    roleNames: user && allRoleNames(user),
    projectId: about.projectId,
    action,
    resourceType: resource,
    resourceId: about.resourceId,
    ...answer,
    ip: call.ip,
    durationMs: Math.round(call.elapsedMs()),
    ...(Object.keys(details).length > 0 && { details }),
  };
}

/** What a use case did. */
export interface Done extends CallSubject {
  readonly outcome: OutcomeKind;
}

/** The row of what a use case did, for a statement that does it and writes the row. */
export function changeRow({ actor, call }: Caller, done: Done, at: Date): GatewayAuditRow {
  const statusCode = call.codeOf(done.outcome);
  return auditRow(call, actor, done, { decision: 'allow', statusCode }, at);
}

/** Writes the row of what a use case did; `log` belongs to the transaction that does it. */
export function record(log: GatewayAuditLog, caller: Caller, done: Done, at: Date): Promise<void> {
  return log.append([changeRow(caller, done, at)]);
}
