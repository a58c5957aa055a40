import type { AgentModel } from '@cynodeai/contracts/mcp';
import { sql } from 'kysely';
import type { AgentModelReader } from '../../../ports/agent-views.ts';
import type { Executor } from '../database.ts';

/** Models as agents read them: each version that a node spoke of, with the nodes that have it now. */
export function postgresAgentModelReader(db: Executor): AgentModelReader {
  return {
    list: async (modelId) => {
      const { rows } = await sql<AgentModel>`
        select v.id as model_id, m.name, v.version, v.capabilities,
               coalesce(jsonb_agg(n.node_slug order by n.node_slug) filter (where a.status = 'available'), '[]')
                 as available_on
          from model_versions v join models m on m.id = v.model_id
          left join node_model_availability a on a.model_version_id = v.id
          left join nodes n on n.id = a.node_id
         where ${modelId ?? null}::uuid is null or v.id = ${modelId ?? null}::uuid
         group by v.id, m.id order by m.name, v.version`.execute(db);
      return rows;
    },
  };
}
