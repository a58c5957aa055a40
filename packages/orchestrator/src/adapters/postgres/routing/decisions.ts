import { type RawBuilder, sql } from 'kysely';
import type { PromptWaitingReason } from '../../../domain/prompts/choose-path.ts';
import type { NewRoutingDecision, RoutingDecisions } from '../../../ports/routing.ts';
import type { Executor } from '../database.ts';

function pathColumns({ decision }: NewRoutingDecision) {
  if (decision.outcome !== 'local') return { outcome: 'refused' };
  const { path } = decision;
  const node = path.kind === 'node_relay' ? path.node : undefined;
  return { outcome: 'local', model: path.model, nodeId: node?.nodeId, nodeSlug: node?.slug };
}

const waitingKeys = ['waiting_reason', 'waiting_text'];

/** SQL: what the task waits for, or that it waits no more; one that somebody else changes is told of next time. */
function toldTask({ subject, decision }: NewRoutingDecision): RawBuilder<unknown> {
  const taskId = subject.taskId ?? null;
  if (decision.outcome === 'refused') return sql`select 1`;
  const { isOther, metadata } =
    decision.outcome === 'waiting'
      ? noteOf(decision.waitingFor)
      : {
          isOther: sql`metadata ? 'waiting_reason'`,
          metadata: sql`metadata - ${waitingKeys}::text[]`,
        };
  return sql`
    update tasks set metadata = ${metadata}, updated_at = now()
     where id = (select id from tasks where id = ${taskId}::uuid and not closed and ${isOther}
                    for no key update skip locked)`;
}

function noteOf(reason: PromptWaitingReason) {
  const note = JSON.stringify({ waiting_reason: reason, waiting_text: null });
  return {
    isOther: sql`not coalesce(metadata, '{}') @> ${note}::jsonb`,
    metadata: sql`coalesce(metadata, '{}') || ${note}::jsonb`,
  };
}

async function record(db: Executor, row: NewRoutingDecision): Promise<void> {
  const { subject, request, decision, settings } = row;
  const { outcome, model, nodeId, nodeSlug } = pathColumns(row);
  const { override } = request;
  await sql`
    with told as (${toldTask(row)})
    insert into model_routing_decisions (id, created_at, parent_decision_id, request_id, task_id, project_id, run_id,
      user_id, agent, purpose, outcome, node_id, node_slug, model_ref, primary_reason, reasons, considered,
      policy_decision, override, settings)
    values (${row.id}::uuid, ${row.at}, ${row.parentId ?? null}::uuid, ${row.requestId},
      ${subject.taskId ?? null}::uuid, ${subject.projectId ?? null}::uuid, ${subject.runId ?? null}::uuid,
      ${subject.userId ?? null}::uuid, ${request.agent}, ${request.purpose}, ${outcome}, ${nodeId ?? null}::uuid,
      ${nodeSlug ?? null}, ${model ?? null}, ${decision.reasons[0]}, ${JSON.stringify(decision.reasons)}::jsonb,
      ${JSON.stringify(decision.considered)}::jsonb, 'not_evaluated',
      ${override === undefined ? null : JSON.stringify(override)}::jsonb, ${JSON.stringify(settings)}::jsonb)`.execute(
    db,
  );
}

/** Where model calls went, in PostgreSQL. */
export function postgresRoutingDecisions(db: Executor): RoutingDecisions {
  return {
    record: (decision) => record(db, decision),
    finish: async (id, result, durationMs) => {
      await sql`
        update model_routing_decisions set result_status = ${result}, duration_ms = ${Math.round(durationMs)}
         where id = ${id}::uuid`.execute(db);
    },
  };
}
