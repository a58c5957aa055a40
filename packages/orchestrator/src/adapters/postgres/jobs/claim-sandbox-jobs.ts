import { type Kysely, type Transaction, sql } from 'kysely';
import type { NodeFacts } from '../../../domain/dispatch/node-facts.ts';
import { type ClassSlots, type OpenSlots, openSlots } from '../../../domain/dispatch/open-slots.ts';
import { type Placement, planBatch } from '../../../domain/dispatch/plan-batch.ts';
import type { SandboxJobPayload } from '../../../domain/jobs/job-payload.ts';
import { dispatchDeadlineMs, effectiveTimeoutSeconds } from '../../../domain/jobs/job-timeouts.ts';
import { fallbackSandboxImage } from '../../../domain/jobs/run-request.ts';
import { maxJobTimeoutKey, positiveInteger } from '../../../domain/nodes/config-settings.ts';
import type { ClaimedJob } from '../../../ports/dispatch.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { Database } from '../tables.ts';
import { hasDueJob } from './has-due-job.ts';
import { readDispatchNodes } from './read-dispatch-nodes.ts';
import { startJobs } from './start-jobs.ts';

/** Where two dispatchers meet, so that both see the other's claims when they count free slots. */
const claimLock = 4_918_720_412;
/** Most jobs of one claim. */
const maxBatch = 64;
const defaultImageKey = 'sandbox.default_image';

interface CandidateRow {
  readonly id: string;
  readonly task_id: string;
  readonly attempt: number;
  readonly payload: SandboxJobPayload;
  readonly prompt: string | null;
}

/** One claim at a time; a claimer that freezes inside loses its session after five seconds. */
async function enterClaim(trx: Transaction<Database>): Promise<void> {
  await sql`
    SELECT set_config('idle_in_transaction_session_timeout', '5000', true),
      pg_advisory_xact_lock(${claimLock}::bigint)
  `.execute(trx);
}

const open = (slots: ClassSlots): readonly string[] => (slots.kind === 'open' ? slots.nodeIds : []);

/** Oldest due jobs that some free node may take, locked together with their tasks; locked ones are skipped. */
async function lockCandidates(
  trx: Transaction<Database>,
  slots: OpenSlots,
): Promise<readonly CandidateRow[]> {
  const { rows } = await sql<CandidateRow>`
    SELECT j.id, j.task_id, j.attempt, j.payload,
      CASE WHEN j.payload -> 'input_files' @> '[{"source": {"kind": "prompt"}}]' THEN t.prompt END AS prompt
    FROM jobs j JOIN tasks t ON t.id = j.task_id
    WHERE j.status = 'queued' AND j.payload ->> 'kind' = 'sandbox'
      AND (j.next_attempt_at IS NULL OR j.next_attempt_at <= now())
      AND t.status IN ('pending', 'running')
      AND EXISTS (
        SELECT 1 FROM unnest(
          CASE WHEN (j.payload ->> 'use_inference')::boolean
            THEN ${open(slots.inference)}::text[] ELSE ${open(slots.plain)}::text[] END) AS node
        WHERE NOT coalesce(j.payload -> 'dispatch' -> 'refused_by', '[]') ? node)
    ORDER BY j.created_at, j.id
    LIMIT ${Math.min(slots.total, maxBatch)}
    FOR NO KEY UPDATE OF t, j SKIP LOCKED
  `.execute(trx);
  return rows;
}

function place(nodes: readonly NodeFacts[], rows: readonly CandidateRow[]): Placement[] {
  return planBatch(
    nodes,
    rows.map((row) => ({
      jobId: row.id,
      useInference: row.payload.use_inference,
      refusedBy: row.payload.dispatch?.refused_by ?? [],
    })),
  );
}

/**
 * Claims due sandbox jobs up to the free slots: row locks on task and job together, lease, node and task status in
 * one short transaction that ends before anything is sent. Contract 01 section 5.4, 02 section 9.
 */
export async function claimSandboxJobs(
  db: Kysely<Database>,
  vault: NodeTokenVault,
  extraRunning: ReadonlyMap<string, number>,
): Promise<readonly ClaimedJob[]> {
  if (!(await hasDueJob(db, 'sandbox'))) return [];
  return db.transaction().execute(async (trx) => {
    await enterClaim(trx);
    const nodes = await readDispatchNodes(trx, vault, extraRunning);
    const facts = nodes.map((node) => node.facts);
    const slots = openSlots(facts);
    if (slots.total === 0) return [];
    const rows = await lockCandidates(trx, slots);
    if (rows.length === 0) return [];
    const settings = await readSettings(trx, [defaultImageKey, maxJobTimeoutKey]);
    const image = settings.get(defaultImageKey);
    const maxSeconds = positiveInteger(settings.get(maxJobTimeoutKey));
    const claimed = place(facts, rows).flatMap(({ jobId, node, reasons }) => {
      const row = rows.find((candidate) => candidate.id === jobId);
      const connection = nodes.find((one) => one.facts.nodeId === node.nodeId)?.connection;
      if (row === undefined || connection === undefined) return [];
      const timeoutSeconds = effectiveTimeoutSeconds(row.payload.timeout_seconds, maxSeconds);
      const job: ClaimedJob = {
        taskId: row.task_id,
        jobId,
        leaseId: crypto.randomUUID(),
        attempt: row.attempt + 1,
        payload: row.payload,
        prompt: row.prompt ?? undefined,
        node: connection,
        defaultImage: typeof image === 'string' && image !== '' ? image : fallbackSandboxImage,
        timeoutSeconds,
        deadlineMs: dispatchDeadlineMs(timeoutSeconds),
      };
      return [{ job, reasons }];
    });
    await startJobs(
      trx,
      claimed.map(({ job, reasons }) => ({
        ...job,
        nodeId: job.node.nodeId,
        leaseMs: job.deadlineMs,
        note: { node_slug: job.node.slug, reasons },
      })),
    );
    return claimed.map(({ job }) => job);
  });
}
