import { sql } from 'kysely';
import { promptSettingKeys, promptSettings } from '../../../domain/prompts/model-limits.ts';
import { routingSettingKeys, routingSettings } from '../../../domain/routing/routing-settings.ts';
import type { RoutingReader, RoutingSubject } from '../../../ports/routing.ts';
import type { Executor } from '../database.ts';
import { splitModelRef } from '../models/model-names.ts';
import { readSettings } from '../settings/read-settings.ts';

async function holders(db: Executor, modelRef: string): Promise<ReadonlySet<string>> {
  const { name, version } = splitModelRef(modelRef);
  const { rows } = await sql<{ readonly node_id: string }>`
    select a.node_id from node_model_availability a
      join model_versions v on v.id = a.model_version_id
      join models m on m.id = v.model_id and m.vendor is null
     where m.name = ${name} and v.version = ${version} and a.status = 'available'`.execute(db);
  return new Set(rows.map((row) => row.node_id));
}

async function subjectOf(db: Executor, taskId: string): Promise<RoutingSubject | undefined> {
  const { rows } = await sql<{
    readonly project_id: string | null;
    readonly created_by: string;
    readonly run_id: string | null;
  }>`
    select t.project_id, t.created_by, l.run_id
      from tasks t left join task_workflow_leases l on l.task_id = t.id
     where t.id = ${taskId}::uuid`.execute(db);
  const [row] = rows;
  return (
    row && {
      taskId,
      projectId: row.project_id ?? undefined,
      userId: row.created_by,
      runId: row.run_id ?? undefined,
    }
  );
}

/** What routing looks at, in PostgreSQL. */
export function postgresRoutingReader(db: Executor): RoutingReader {
  return {
    settings: async (agent) => {
      const keys = [...routingSettingKeys(agent), ...Object.values(promptSettingKeys)];
      const stored = await readSettings(db, keys);
      return {
        routing: routingSettings(agent, stored),
        calls: promptSettings(Object.fromEntries(stored)),
      };
    },
    holders: (modelRef) => holders(db, modelRef),
    subjectOf: (taskId) => subjectOf(db, taskId),
  };
}
