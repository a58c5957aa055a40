import { z } from 'zod';
import type { PmModelState } from '../../../domain/models/pm-model-state.ts';

/**
 * Key of the row in `orchestrator_state`. See docs/reference/inference.md#project-manager-model.
 */
export const pmModelKey = 'pm_model';

const time = z.iso.datetime();

/** The stored selection; fields beyond the documented ones serve the load under way. */
const recordSchema = z.object({
  execution_mode: z.enum(['local', 'external']),
  local_node_slug: z.string().optional(),
  model_ref: z.string().optional(),
  selection_reason: z.array(z.string()),
  status: z.enum(['selected', 'loading', 'available', 'failed']),
  basis: z.string(),
  load: z
    .object({
      id: z.string(),
      since: time,
      requested: z.boolean(),
      polls: z.int(),
      due_at: time,
    })
    .optional(),
  progress: z.object({ completed_bytes: z.number(), total_bytes: z.number() }).optional(),
  wanted: z.string().optional(),
  error: z.string().optional(),
  updated_at: time,
});

/** The row's value. */
export function recordOf(state: PmModelState, at: Date): z.infer<typeof recordSchema> {
  const { load, progress } = state;
  return {
    execution_mode: state.executionMode,
    ...(state.nodeSlug !== undefined && { local_node_slug: state.nodeSlug }),
    ...(state.modelRef !== undefined && { model_ref: state.modelRef }),
    selection_reason: [...state.reasons],
    status: state.status,
    basis: state.basis,
    ...(load && {
      load: {
        id: load.id,
        since: load.since.toISOString(),
        requested: load.requested,
        polls: load.polls,
        due_at: load.dueAt.toISOString(),
      },
    }),
    ...(progress && {
      progress: { completed_bytes: progress.completedBytes, total_bytes: progress.totalBytes },
    }),
    ...(state.wanted !== undefined && { wanted: state.wanted }),
    ...(state.error !== undefined && { error: state.error }),
    updated_at: at.toISOString(),
  };
}

/** A stored value as a state; undefined when it is none, so that a new selection is made. */
export function stateOf(value: unknown): PmModelState | undefined {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  return {
    executionMode: data.execution_mode,
    ...(data.local_node_slug !== undefined && { nodeSlug: data.local_node_slug }),
    ...(data.model_ref !== undefined && { modelRef: data.model_ref }),
    reasons: data.selection_reason,
    status: data.status,
    basis: data.basis,
    ...(data.load && {
      load: {
        id: data.load.id,
        since: new Date(data.load.since),
        requested: data.load.requested,
        polls: data.load.polls,
        dueAt: new Date(data.load.due_at),
      },
    }),
    ...(data.progress && {
      progress: {
        completedBytes: data.progress.completed_bytes,
        totalBytes: data.progress.total_bytes,
      },
    }),
    ...(data.wanted !== undefined && { wanted: data.wanted }),
    ...(data.error !== undefined && { error: data.error }),
  };
}
