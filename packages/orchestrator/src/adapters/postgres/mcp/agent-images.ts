import type { AgentImage } from '@cynodeai/contracts/mcp';
import { type Transaction, sql } from 'kysely';
import type { AgentImageReader } from '../../../ports/agent-views.ts';
import type { AgentImageWriter } from '../../../ports/tool-effects.ts';
import type { Executor } from '../database.ts';
import type { Database } from '../tables.ts';

const columns = sql`i.name, v.version, v.image_ref, v.image_digest, v.capabilities`;
const from = sql`sandbox_image_versions v join sandbox_images i on i.id = v.sandbox_image_id`;

/** Images that are allowed, as agents read them. */
export function postgresAgentImageReader(db: Executor): AgentImageReader {
  return {
    list: async ({ after, limit }) => {
      const { rows } = await sql<AgentImage>`
        select ${columns} from ${from}
         where v.is_allowed and (${after ?? null}::text is null or v.image_ref collate "C" > ${after ?? null})
         order by v.image_ref collate "C" limit ${limit}`.execute(db);
      return rows;
    },
  };
}

/** Images as agents allow them. */
export function postgresAgentImageWriter(trx: Transaction<Database>): AgentImageWriter {
  return {
    allow: async ({ name, version, ref, digest }, { by, at }) => {
      await sql`
        insert into sandbox_images (name, updated_by)
        select ${name}::text, ${by} where not exists (
          select 1 from sandbox_image_versions where image_ref = ${ref})
        on conflict (name) do nothing`.execute(trx);
      await sql`
        insert into sandbox_image_versions (sandbox_image_id, version, image_ref, image_digest)
        select id, ${version}::text, ${ref}::text, ${digest ?? null}::text from sandbox_images where name = ${name}
        on conflict do nothing`.execute(trx);
      await sql`
        with allowed as (
          update sandbox_image_versions set is_allowed = true, updated_at = ${at}
           where image_ref = ${ref} and not is_allowed returning sandbox_image_id)
        update sandbox_images set updated_by = ${by}, updated_at = ${at}
         where id in (select sandbox_image_id from allowed)`.execute(trx);
      const { rows } = await sql<AgentImage>`
        select ${columns} from ${from} where v.image_ref = ${ref}`.execute(trx);
      return rows[0];
    },
  };
}
