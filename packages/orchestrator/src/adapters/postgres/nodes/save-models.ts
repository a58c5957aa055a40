import { sql } from 'kysely';
import { actorId } from '../../../domain/identity/actor.ts';
import type { Executor } from '../database.ts';
import { splitModelRef } from '../models/model-names.ts';

export interface ReportedModel {
  readonly model_ref: string;
  readonly status: 'available' | 'loading' | 'failed' | 'evicted';
}

/** A model as the registry keeps it. */
function named({ model_ref, status }: ReportedModel) {
  return { ...splitModelRef(model_ref), status };
}

/** How many models are kept that a node spoke of once and lists no more. */
const keptAbsent = 200;

/**
 * Forgets what a node listed once, but for the newest: names of its own choice must not fill the registry.
 * A version and a model go with the last node that spoke of them.
 */
async function forgetAbsent(
  db: Executor,
  nodeId: string,
  listed: string,
  kept: number,
): Promise<void> {
  const { rows } = await sql<{ model_id: string }>`
    WITH gone AS (
      DELETE FROM node_model_availability WHERE id IN (
        SELECT a.id FROM node_model_availability a
        JOIN model_versions v ON v.id = a.model_version_id JOIN models m ON m.id = v.model_id
        WHERE a.node_id = ${nodeId}::uuid AND NOT EXISTS (
          SELECT 1 FROM jsonb_to_recordset(${listed}::jsonb) AS listed (name text, version text)
          WHERE listed.name = m.name AND listed.version = v.version)
        ORDER BY a.last_checked_at DESC, a.id OFFSET ${sql.lit(kept)})
      RETURNING model_version_id)
    DELETE FROM model_versions v USING gone
    WHERE v.id = gone.model_version_id AND NOT EXISTS (
      SELECT 1 FROM node_model_availability a
      WHERE a.model_version_id = v.id AND a.node_id <> ${nodeId}::uuid)
    RETURNING v.model_id
  `.execute(db);
  if (rows.length === 0) return;
  await sql`
    DELETE FROM models m WHERE m.id = ANY(${rows.map((row) => row.model_id)}::uuid[])
      AND NOT EXISTS (SELECT 1 FROM model_versions v WHERE v.model_id = m.id)
  `.execute(db);
}

export interface ReportedModels {
  readonly models: readonly ReportedModel[];
  /** They are those of another service than before: what that one had was not deleted, it is elsewhere. */
  readonly ofOther: boolean;
  readonly at: Date;
}

/**
 * Takes over the models a node lists; one that was available and is listed no more becomes
 * `evicted`. See docs/reference/nodes.md#capability-report.
 */
export async function saveModels(
  db: Executor,
  nodeId: string,
  { models, ofOther, at }: ReportedModels,
): Promise<void> {
  const unique = new Map(
    models.map(named).map((model) => [`${model.name}:${model.version}`, model]),
  );
  const listed = JSON.stringify([...unique.values()]);
  await sql`
    INSERT INTO models (name, updated_by)
    SELECT DISTINCT name, ${actorId({ kind: 'node', nodeId })}
    FROM jsonb_to_recordset(${listed}::jsonb) AS listed (name text)
    ORDER BY name
    ON CONFLICT (name, vendor) DO NOTHING
  `.execute(db);
  await sql`
    INSERT INTO model_versions (model_id, version)
    SELECT m.id, listed.version
    FROM jsonb_to_recordset(${listed}::jsonb) AS listed (name text, version text)
    JOIN models m ON m.name = listed.name AND m.vendor IS NULL
    ORDER BY m.id, listed.version
    ON CONFLICT (model_id, version) DO NOTHING
  `.execute(db);
  await sql`
    INSERT INTO node_model_availability (node_id, model_version_id, status, last_checked_at)
    SELECT ${nodeId}::uuid, v.id, listed.status, ${at}
    FROM jsonb_to_recordset(${listed}::jsonb) AS listed (name text, version text, status text)
    JOIN models m ON m.name = listed.name AND m.vendor IS NULL
    JOIN model_versions v ON v.model_id = m.id AND v.version = listed.version
    ON CONFLICT (node_id, model_version_id)
    DO UPDATE SET status = excluded.status, last_checked_at = excluded.last_checked_at,
      details = CASE WHEN excluded.status = 'available' THEN NULL
        ELSE node_model_availability.details END
  `.execute(db);
  await sql`
    UPDATE node_model_availability a SET status = 'evicted', last_checked_at = ${at}
    FROM model_versions v JOIN models m ON m.id = v.model_id
    WHERE a.node_id = ${nodeId}::uuid AND a.model_version_id = v.id AND a.status = 'available'
      AND NOT EXISTS (
        SELECT 1 FROM jsonb_to_recordset(${listed}::jsonb) AS listed (name text, version text)
        WHERE listed.name = m.name AND listed.version = v.version)
  `.execute(db);
  await forgetAbsent(db, nodeId, listed, ofOther ? 0 : keptAbsent);
}
