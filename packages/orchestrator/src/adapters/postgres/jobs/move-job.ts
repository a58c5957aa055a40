import { type Kysely, type Transaction, sql } from 'kysely';
import { type MovePlan, planMove } from '../../../domain/dispatch/plan-move.ts';
import { type DispatchChange, attemptsOf } from '../../../domain/jobs/dispatch-change.ts';
import { moveEvents } from '../../../domain/jobs/job-events.ts';
import type { SandboxJobPayload } from '../../../domain/jobs/job-payload.ts';
import type { ClaimedJob, MoveOptions } from '../../../ports/claims.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import { readDispatchNodes } from '../nodes/read-dispatch-nodes.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';
import { changedPayload } from './changed-payload.ts';
import { enterClaim } from './enter-claim.ts';
import { lockTasks } from './lock-tasks.ts';

interface Row {
  readonly attempt: number;
  readonly max_attempts: number;
  readonly payload: SandboxJobPayload;
}

async function lockHeld(trx: Transaction<Database>, job: ClaimedJob): Promise<Row | undefined> {
  await lockTasks(trx, [job.taskId]);
  const { rows } = await sql<Row>`
    SELECT attempt, max_attempts, payload FROM jobs
    WHERE id = ${job.jobId}::uuid AND lease_id = ${job.leaseId}::uuid AND status = 'running'
    FOR NO KEY UPDATE
  `.execute(trx);
  return rows[0];
}

async function store(
  trx: Transaction<Database>,
  moved: ClaimedJob,
  change: DispatchChange,
): Promise<void> {
  await sql`
    UPDATE jobs SET node_id = ${moved.node.nodeId}::uuid, lease_id = ${moved.leaseId}::uuid,
      lease_expires_at = now() + ${moved.leaseMs} * interval '1 millisecond',
      attempt = ${moved.attempt}, started_at = now(), updated_at = now(),
      payload = ${changedPayload(change)}
    WHERE id = ${moved.jobId}::uuid
  `.execute(trx);
}

/** A run begins in any case: whatever was told so far, one of an earlier claim may have said. */
function moves({ note }: Extract<MovePlan, { readonly kind: 'move' }>): DispatchChange {
  return { note, freeAttempts: 0, newRun: true };
}

/**
 * Takes a job from its node to another in one transaction, so that it need not wait in the queue:
 * when it may have run there under a new lease and as a new attempt, with the events of an expired
 * one. See docs/reference/leases.md#leases-and-retries.
 */
export async function moveJob(
  db: Kysely<Database>,
  vault: NodeTokenVault,
  job: ClaimedJob,
  { extraRunning, avoid, sent, reason }: MoveOptions,
): Promise<ClaimedJob | 'none' | 'lost'> {
  return db.transaction().execute(async (trx) => {
    await enterClaim(trx);
    const row = await lockHeld(trx, job);
    if (row === undefined) return 'lost';
    const nodes = await readDispatchNodes(trx, vault, extraRunning);
    const plan = planMove(
      nodes.map((node) => node.facts),
      avoid,
      {
        nodeId: job.node.nodeId,
        payload: row.payload,
        attempts: attemptsOf(row),
        sent,
        reason,
      },
    );
    if (plan.kind === 'none') return 'none';
    const node = nodes.find((one) => one.facts.nodeId === plan.node.nodeId)?.connection;
    if (node === undefined) return 'none';
    const leaseId = plan.newLease ? crypto.randomUUID() : job.leaseId;
    const moved: ClaimedJob = { ...job, leaseId, attempt: plan.attempt, node };
    // Before the events of the move, and behind all that the old run said.
    await store(trx, moved, moves(plan));
    if (plan.newLease) await appendTaskEvents(trx, moveEvents(job, new Date()));
    return moved;
  });
}
