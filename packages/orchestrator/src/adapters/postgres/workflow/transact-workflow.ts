import { type Kysely, type Transaction, sql } from 'kysely';
import type { StoredLease, WorkflowTask } from '../../../domain/workflow/start-decision.ts';
import type { TransactWorkflow, WorkflowTransaction } from '../../../ports/workflow.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';
import { readCheckpoint, saveCheckpoint } from './checkpoints.ts';
import { failTask } from './fail-task.ts';
import { releaseLease, renewLease, setStalledTakeovers, takeLease } from './leases.ts';
import { readWorkflowSettings } from './workflow-settings.ts';

async function lockTask(
  db: Transaction<Database>,
  taskId: string,
): Promise<WorkflowTask | undefined> {
  const { rows } = await sql<{
    readonly created_by: string;
    readonly project_id: string | null;
    readonly closed: boolean;
    readonly stalled: number | null;
    readonly open_jobs: boolean;
  }>`
    SELECT t.created_by, t.project_id, t.closed,
      (t.metadata -> 'workflow' ->> 'stalled_takeovers')::int AS stalled,
      EXISTS (SELECT FROM jobs j WHERE j.task_id = t.id
        AND j.status IN ('queued', 'running', 'lease_expired')) AS open_jobs
    FROM tasks t WHERE t.id = ${taskId} FOR NO KEY UPDATE OF t
  `.execute(db);
  const [row] = rows;
  return (
    row && {
      id: taskId,
      createdBy: row.created_by,
      projectId: row.project_id ?? undefined,
      closed: row.closed,
      hasOpenJobs: row.open_jobs,
      stalledTakeovers: row.stalled ?? 0,
    }
  );
}

async function readLease(
  db: Transaction<Database>,
  taskId: string,
): Promise<StoredLease | undefined> {
  const row = await db
    .selectFrom('task_workflow_leases')
    .select(['lease_id', 'holder_id', 'run_id', 'idempotency_key', 'expires_at'])
    // The clock of now, not of the transaction's begin: it may have waited for the task.
    .select(sql<boolean>`holder_id IS NOT NULL AND expires_at > clock_timestamp()`.as('is_live'))
    .where('task_id', '=', taskId)
    .executeTakeFirst();
  return (
    row && {
      leaseId: row.lease_id,
      holderId: row.holder_id ?? undefined,
      runId: row.run_id ?? undefined,
      idempotencyKey: row.idempotency_key ?? undefined,
      expiresAt: row.expires_at ?? undefined,
      isLive: row.is_live,
    }
  );
}

async function contextOf(db: Transaction<Database>, leaseId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('agent_run_contexts')
    .select('id')
    .where('lease_id', '=', leaseId)
    .executeTakeFirst();
  return row?.id;
}

function transactionOf(db: Transaction<Database>): WorkflowTransaction {
  return {
    settings: () => readWorkflowSettings(db),
    lockTask: (taskId) => lockTask(db, taskId),
    readLease: (taskId) => readLease(db, taskId),
    contextOf: (leaseId) => contextOf(db, leaseId),
    take: (lease) => takeLease(db, lease),
    renew: (lease, seconds) => renewLease(db, lease, seconds),
    release: (lease, outcome) => releaseLease(db, lease, outcome),
    readCheckpoint: (taskId) => readCheckpoint(db, taskId),
    saveCheckpoint: (taskId, checkpoint) => saveCheckpoint(db, taskId, checkpoint),
    setStalledTakeovers: (taskId, count) => setStalledTakeovers(db, taskId, count),
    appendEvents: (events) => appendTaskEvents(db, events),
    failTask: (taskId, failure) => failTask(db, taskId, failure),
  };
}

/** Workflows in PostgreSQL; the lock of the task's row orders everything that is done to one. */
export function postgresTransactWorkflow(db: Kysely<Database>): TransactWorkflow {
  return (work) => db.transaction().execute((trx) => work(transactionOf(trx)));
}
