import type { ModelAvailability } from '@cynodeai/contracts/common';
import { sql } from 'kysely';
import type { Executor } from '../database.ts';
import { splitModelRef } from './model-names.ts';

/** What is stored of a model on a node; undefined when the node never spoke of it. */
export async function readModelStatus(
  db: Executor,
  nodeSlug: string,
  modelRef: string,
): Promise<ModelAvailability | undefined> {
  const { name, version } = splitModelRef(modelRef);
  const { rows } = await sql<{ status: ModelAvailability }>`
    SELECT a.status FROM node_model_availability a
    JOIN nodes n ON n.id = a.node_id
    JOIN model_versions v ON v.id = a.model_version_id
    JOIN models m ON m.id = v.model_id AND m.vendor IS NULL
    WHERE n.node_slug = ${nodeSlug} AND m.name = ${name} AND v.version = ${version}
  `.execute(db);
  return rows[0]?.status;
}
