import { sql } from 'kysely';
import { isDispatchable } from '../../../domain/dispatch/node-facts.ts';
import type { AgentNodeReader } from '../../../ports/agent-views.ts';
import type { Executor } from '../database.ts';
import { readDispatchNodes, unopenedTokens } from '../nodes/read-dispatch-nodes.ts';

interface Row {
  readonly node_slug: string;
  readonly last_seen_at: Date | null;
  readonly report: Record<string, unknown> | null;
}

/** Nodes as agents read them: what dispatching knows of each, and its last report. */
export function postgresAgentNodeReader(db: Executor): AgentNodeReader {
  return {
    list: async (slug) => {
      const { rows } = await sql<Row>`
        select n.node_slug, n.last_seen_at, c.capability_snapshot as report
          from nodes n left join node_capabilities c on c.node_id = n.id
         where ${slug ?? null}::text is null or n.node_slug = ${slug ?? null}`.execute(db);
      const known = new Map(rows.map((row) => [row.node_slug, row]));
      const nodes = await readDispatchNodes(db, unopenedTokens);
      return nodes.flatMap(({ facts }) => {
        const row = known.get(facts.slug);
        if (row === undefined) return [];
        return {
          slug: facts.slug,
          status: facts.status,
          labels: facts.labels,
          lastSeenAt: row.last_seen_at ?? undefined,
          dispatchable: isDispatchable(facts),
          report: row.report ?? {},
        };
      });
    },
  };
}
