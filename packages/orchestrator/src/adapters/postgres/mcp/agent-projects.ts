import type { AgentProject } from '@cynodeai/contracts/mcp';
import { sql } from 'kysely';
import type { AgentProjectReader } from '../../../ports/agent-views.ts';
import type { Executor } from '../database.ts';

type Row = Omit<AgentProject, 'created_at' | 'updated_at'> & {
  readonly created_at: Date;
  readonly updated_at: Date;
};

const columns = sql`id, slug, display_name, description, is_active, is_default, owner_user_id, created_at, updated_at`;

const viewOf = (row: Row): AgentProject => ({
  ...row,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

/** Projects as agents read them. */
export function postgresAgentProjectReader(db: Executor): AgentProjectReader {
  return {
    find: async (reference) => {
      const isMeant =
        'id' in reference ? sql`id = ${reference.id}::uuid` : sql`slug = ${reference.slug}`;
      const { rows } = await sql<Row>`select ${columns} from projects where ${isMeant}`.execute(db);
      return rows[0] && viewOf(rows[0]);
    },
    list: async ({ visible, text, after, limit }) => {
      const isSeen =
        visible === 'all' ? sql`true` : sql`id = any(${[...visible.projectIds]}::uuid[])`;
      const { rows } = await sql<Row>`
        select ${columns} from projects
         where ${isSeen}
           and (${after ?? null}::text is null or slug collate "C" > ${after ?? null})
           and (${text ?? null}::text is null
             or strpos(lower(concat_ws(' ', slug, display_name, description)), ${text ?? null}) > 0)
         order by slug collate "C" limit ${limit}`.execute(db);
      return rows.map(viewOf);
    },
  };
}
