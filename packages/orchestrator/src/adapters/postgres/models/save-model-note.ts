import { storableText, truncateUtf8 } from '@cynodeai/runtime/std';
import { sql } from 'kysely';
import { actorId, systemActor } from '../../../domain/identity/actor.ts';
import type { ModelNote } from '../../../domain/models/model-notes.ts';
import type { Executor } from '../database.ts';
import { splitModelRef } from './model-names.ts';

/** Longest error of a node that is kept, bytes. */
const errorBytes = 1024;

/**
 * Stores what became known of a model on a node; a new name enters the registry.
 * See docs/reference/inference.md#loading.
 */
export async function saveModelNote(
  db: Executor,
  { nodeId, modelRef, model }: ModelNote,
): Promise<void> {
  const { name, version } = splitModelRef(modelRef);
  const details = {
    attempts: model.attempts,
    ...(model.retryAt && { retry_at: model.retryAt.toISOString() }),
    ...(model.failedUnder !== undefined && { failed_under: model.failedUnder }),
    ...(model.loadingSince && { loading_since: model.loadingSince.toISOString() }),
    ...(model.error !== undefined && {
      error: truncateUtf8(storableText(model.error), errorBytes).text,
    }),
  };
  await sql`
    INSERT INTO models (name, updated_by) VALUES (${name}, ${actorId(systemActor)}) ON CONFLICT DO NOTHING
  `.execute(db);
  await sql`
    INSERT INTO model_versions (model_id, version)
    SELECT id, ${version} FROM models WHERE name = ${name} AND vendor IS NULL
    ON CONFLICT DO NOTHING
  `.execute(db);
  await sql`
    INSERT INTO node_model_availability (node_id, model_version_id, status, last_checked_at, details)
    SELECT ${nodeId}::uuid, v.id, ${model.status}, now(), ${JSON.stringify(details)}::jsonb
    FROM model_versions v JOIN models m ON m.id = v.model_id
    WHERE m.name = ${name} AND m.vendor IS NULL AND v.version = ${version}
    ON CONFLICT (node_id, model_version_id) DO UPDATE
    SET status = excluded.status, last_checked_at = excluded.last_checked_at,
      details = excluded.details
  `.execute(db);
}
