import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { PmModelReader } from '../../../ports/models.ts';
import type { Database } from '../tables.ts';

/** What prompts need of the state `pm_model`. Contract 01 section 7.1. */
const stateSchema = z.object({
  execution_mode: z.enum(['local', 'external']),
  local_node_slug: z.string().optional(),
  model_ref: z.string(),
  status: z.enum(['selected', 'loading', 'available', 'failed']),
});

/** Reads the selected model for prompts; a state of another form counts as none. */
export function selectedModelReader(db: Kysely<Database>): PmModelReader {
  return {
    current: async () => {
      const row = await db
        .selectFrom('orchestrator_state')
        .select('value')
        .where('key', '=', 'pm_model')
        .executeTakeFirst();
      const state = stateSchema.safeParse(row?.value);
      if (!state.success) return undefined;
      const { local_node_slug: nodeSlug, model_ref: modelRef, status } = state.data;
      return {
        ...(nodeSlug !== undefined && { nodeSlug }),
        modelRef,
        status,
        executionMode: state.data.execution_mode,
      };
    },
  };
}
