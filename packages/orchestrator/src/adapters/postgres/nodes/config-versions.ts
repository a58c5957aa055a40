import { sql } from 'kysely';
import type { IssuedVersion } from '../../../ports/node-registry.ts';
import type { Executor } from '../database.ts';

/** Rows kept per node beside the applied one. See docs/reference/database.md#node-tables. */
const kept = 100;

export async function findVersion(
  db: Executor,
  nodeId: string,
  version: string,
): Promise<IssuedVersion | undefined> {
  const row = await db
    .selectFrom('node_config_versions')
    .selectAll()
    .where('node_id', '=', nodeId)
    .where('config_version', '=', version)
    .executeTakeFirst();
  return (
    row && {
      version: row.config_version,
      contentHash: row.content_hash,
      connectivityHash: row.connectivity_hash ?? undefined,
      inferenceEnabled: row.inference_enabled,
      issuedAt: row.issued_at,
    }
  );
}

/** Stores a version as the desired one and prunes; the caller holds the node's row. */
export async function issueVersion(
  db: Executor,
  nodeId: string,
  issued: IssuedVersion,
): Promise<void> {
  await db
    .insertInto('node_config_versions')
    .values({
      node_id: nodeId,
      config_version: issued.version,
      content_hash: issued.contentHash,
      connectivity_hash: issued.connectivityHash ?? null,
      inference_enabled: issued.inferenceEnabled,
      issued_at: issued.issuedAt,
    })
    .execute();
  await db
    .updateTable('nodes')
    .set({
      config_desired_version: issued.version,
      config_desired_hash: issued.contentHash,
      updated_at: issued.issuedAt,
    })
    .where('id', '=', nodeId)
    .execute();
  await sql`
    DELETE FROM node_config_versions v USING nodes n
    WHERE v.node_id = ${nodeId}::uuid AND n.id = v.node_id
      AND v.config_version IS DISTINCT FROM n.config_version
      AND v.config_version < (
        SELECT min(newest.config_version) FROM (
          SELECT config_version FROM node_config_versions
          WHERE node_id = ${nodeId}::uuid ORDER BY config_version DESC LIMIT ${kept}) newest)
  `.execute(db);
}
