import { type Kysely, sql } from 'kysely';
import { judgeRenewal } from '../../../domain/jobs/judge-renewal.ts';
import type { JobLease, Renewal } from '../../../ports/leases.ts';
import { readDispatchSettings } from '../settings/dispatch-settings.ts';
import type { Database } from '../tables.ts';

interface Row {
  readonly id: string;
  readonly held: boolean;
  readonly status: string | null;
}

/**
 * Extends all given leases in one statement. Rows that another transaction holds are left for the
 * next time: they are just being completed or canceled, and waiting for several of them could
 * deadlock. Canceled jobs without a result are extended too, so that nobody else looks after them
 * meanwhile. See docs/reference/leases.md#leases-and-retries.
 */
export async function renewLeases(
  db: Kysely<Database>,
  leases: readonly JobLease[],
): Promise<Renewal> {
  const { leaseMs } = await readDispatchSettings(db);
  if (leases.length === 0) return { leaseMs, canceled: [], lost: [] };
  const input = JSON.stringify(
    leases.map(({ jobId, leaseId }) => ({ id: jobId, lease_id: leaseId })),
  );
  const { rows } = await sql<Row>`
    WITH mine AS (
      SELECT * FROM jsonb_to_recordset(${input}::jsonb) AS m (id uuid, lease_id uuid)),
    held AS (
      SELECT j.id, j.status FROM jobs j JOIN mine ON j.id = mine.id AND j.lease_id = mine.lease_id
      WHERE j.status = 'running' OR (j.status = 'canceled' AND j.result IS NULL)
      FOR NO KEY UPDATE OF j SKIP LOCKED),
    renewed AS (
      UPDATE jobs j SET updated_at = now(),
        lease_expires_at = now() + ${leaseMs} * interval '1 millisecond'
      FROM held WHERE j.id = held.id)
    SELECT mine.id, coalesce(j.lease_id = mine.lease_id, false) AS held, j.status
    FROM mine LEFT JOIN jobs j ON j.id = mine.id
  `.execute(db);
  const facts = rows.map(({ id, held, status }) => ({
    jobId: id,
    isHeld: held,
    status: status ?? undefined,
  }));
  return { leaseMs, ...judgeRenewal(facts) };
}
