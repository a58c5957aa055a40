import { storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import { type Kysely, type Transaction, sql } from 'kysely';
import { selectNode, withoutAvoided } from '../../../domain/dispatch/select-node.ts';
import { mayStartAgain } from '../../../domain/jobs/job-lease.ts';
import type { SandboxJobPayload } from '../../../domain/jobs/job-payload.ts';
import type { ClaimedJob, MoveOptions } from '../../../ports/claims.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import { appendTaskEvents } from '../task-events.ts';
import type { Database } from '../tables.ts';
import { enterClaim } from './enter-claim.ts';
import { lockTasks } from './lock-tasks.ts';
import { readDispatchNodes } from '../nodes/read-dispatch-nodes.ts';

/** Longest kept reason, bytes. */
const reasonBytes = 2048;

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
  note: { readonly reasons: readonly string[]; readonly lastError: string },
): Promise<void> {
  const dispatch = JSON.stringify({
    node_slug: moved.node.slug,
    reasons: note.reasons,
    last_error: truncateUtf8(storableText(note.lastError), reasonBytes).text,
  });
  await sql`
    UPDATE jobs SET node_id = ${moved.node.nodeId}::uuid, lease_id = ${moved.leaseId}::uuid,
      lease_expires_at = now() + ${moved.leaseMs} * interval '1 millisecond',
      attempt = ${moved.attempt}, updated_at = now(),
      payload = payload || jsonb_build_object('dispatch',
        coalesce(payload -> 'dispatch', '{}') || ${dispatch}::jsonb)
    WHERE id = ${moved.jobId}::uuid
  `.execute(trx);
}

/**
 * Takes a job from its node to another in one transaction, so that it need not wait in the queue: when it may have
 * run there under a new lease and as a new attempt, with the events of an expired one. Contract 01 section 5.6.
 */
export async function moveJob(
  db: Kysely<Database>,
  vault: NodeTokenVault,
  job: ClaimedJob,
  options: MoveOptions,
): Promise<ClaimedJob | 'none' | 'lost'> {
  return db.transaction().execute(async (trx) => {
    await enterClaim(trx);
    const row = await lockHeld(trx, job);
    if (row === undefined) return 'lost';
    const freeAttempts = row.payload.dispatch?.free_attempts ?? 0;
    const facts = { attempt: row.attempt, maxAttempts: row.max_attempts, freeAttempts };
    if (options.sent && !mayStartAgain(facts)) return 'none';
    const nodes = await readDispatchNodes(trx, vault, options.extraRunning);
    const others = nodes.map((node) => node.facts).filter((one) => one.nodeId !== job.node.nodeId);
    const selection = selectNode(withoutAvoided(others, options.avoid), {
      useInference: row.payload.use_inference,
      refusedBy: row.payload.dispatch?.refused_by ?? [],
    });
    if (selection.kind === 'waiting') return 'none';
    const node = nodes.find((one) => one.facts.nodeId === selection.node.nodeId)?.connection;
    if (node === undefined) return 'none';
    const again = options.sent
      ? { leaseId: crypto.randomUUID(), attempt: row.attempt + 1 }
      : { leaseId: job.leaseId, attempt: row.attempt };
    const moved: ClaimedJob = { ...job, ...again, node };
    await store(trx, moved, { reasons: selection.reasons, lastError: options.reason });
    if (options.sent) {
      const of = { task_id: job.taskId, job_id: job.jobId, at: new Date().toISOString() };
      await appendTaskEvents(
        trx,
        (['lease_expired', 'queued', 'running'] as const).map((status) => ({
          event: 'job.status' as const,
          data: { ...of, status },
        })),
      );
    }
    return moved;
  });
}
