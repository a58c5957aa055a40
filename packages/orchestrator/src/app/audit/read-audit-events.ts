import type { AuditEvent, AuditEventDetail } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../../domain/errors.ts';
import type { UserActor } from '../../domain/identity/actor.ts';
import type { Seal } from '../../domain/tasks/page-cursor.ts';
import type { AuditEventReader, AuditEventRecord } from '../../ports/audit-events.ts';
import { type PageRequest, readPage } from '../access/page.ts';
import { requireAction } from '../access/require-action.ts';

export interface ReadAuditDeps {
  readonly events: AuditEventReader;
  readonly seal: Seal;
}

export interface ListAuditRequest extends PageRequest {
  readonly resource_type?: string | undefined;
  readonly actor_id?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

function eventView(record: AuditEventRecord): AuditEvent {
  const { id, createdAt, log, actorId, action, resourceType, resourceId, decision } = record;
  return {
    event_id: id,
    ts: createdAt.toISOString(),
    log,
    ...(actorId !== undefined && { actor_id: actorId }),
    action,
    resource_type: resourceType,
    ...(resourceId !== undefined && { resource_id: resourceId }),
    decision,
  };
}

const momentOf = (text: string | undefined): Date | undefined =>
  text === undefined ? undefined : new Date(text);

/**
 * One page of what was done, newest first. See docs/reference/identity-and-policy.md#audit.
 * @throws OrchestratorError `forbidden`, `input_invalid`.
 */
export async function listAuditEvents(
  { events, seal }: ReadAuditDeps,
  actor: UserActor,
  request: ListAuditRequest,
): Promise<{ events: AuditEvent[]; next_cursor?: string }> {
  requireAction(actor, 'audit.read');
  const [since, until] = [momentOf(request.since), momentOf(request.until)];
  if (since !== undefined && until !== undefined && since > until) {
    throw new OrchestratorError('input_invalid', 'since is later than until', { field: 'since' });
  }
  const page = await readPage(request, seal, (paging) =>
    events.list({
      resourceType: request.resource_type,
      actorId: request.actor_id,
      since,
      until,
      ...paging,
    }),
  );
  return {
    events: page.rows.map(eventView),
    ...(page.next !== undefined && { next_cursor: page.next }),
  };
}

/** One event. See docs/reference/identity-and-policy.md#audit. @throws OrchestratorError `forbidden`, `audit_event_unknown` */
export async function getAuditEvent(
  { events }: Pick<ReadAuditDeps, 'events'>,
  actor: UserActor,
  id: string,
): Promise<AuditEventDetail> {
  requireAction(actor, 'audit.read');
  const found = await events.find(id);
  if (found === undefined) {
    throw new OrchestratorError('audit_event_unknown', `there is no audit event ${id}`);
  }
  const { taskId, requestId, reason, calls } = found;
  return {
    ...eventView(found),
    ...(taskId !== undefined && { task_id: taskId }),
    ...(requestId !== undefined && { request_id: requestId }),
    ...(reason !== undefined && { reason }),
    ...(calls !== undefined && { calls }),
  };
}
