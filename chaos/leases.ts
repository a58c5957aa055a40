import type { HistoryEvent } from './history.ts';

export type LeaseEvent = Extract<HistoryEvent, { what: 'lease' }>;

/**
 * Makes the database note each lease of a job on a node as it begins, whatever the product says of it: when a job's
 * lease or its node changes. Times are the database's own clock, which is the host's.
 */
export const leaseJournal = `
  CREATE TABLE chaos_leases (at timestamptz NOT NULL, job_id uuid NOT NULL, node_id uuid NOT NULL);
  CREATE FUNCTION chaos_note_lease() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO chaos_leases VALUES (clock_timestamp(), NEW.id, NEW.node_id);
    RETURN NULL;
  END $$;
  CREATE TRIGGER chaos_note_lease AFTER UPDATE ON jobs FOR EACH ROW
    WHEN (NEW.lease_id IS NOT NULL AND NEW.node_id IS NOT NULL AND NEW.status = 'running'
      AND (NEW.lease_id IS DISTINCT FROM OLD.lease_id OR NEW.node_id IS DISTINCT FROM OLD.node_id))
    EXECUTE FUNCTION chaos_note_lease();
`;

/** The noted leases as events of the history. */
export const leases = `
  SELECT (extract(epoch FROM l.at) * 1000)::float8 AS at, 'lease' AS what, l.job_id AS "jobId", n.node_slug AS node
  FROM chaos_leases l JOIN nodes n ON n.id = l.node_id ORDER BY l.at
`;
