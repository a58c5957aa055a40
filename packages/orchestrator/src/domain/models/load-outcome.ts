import { nextLook } from './load-backoff.ts';
import { modelOn } from './model-node.ts';
import { type ModelNote, failedNote } from './model-notes.ts';
import type { LoadProgress, PmModelState } from './pm-model-state.ts';
import { type PmModelView, placeOf } from './pm-model-view.ts';

/** What a node said when it was asked to load a model or how far it is. */
export type LoadOutcome =
  | { readonly kind: 'available' }
  | { readonly kind: 'loading'; readonly progress?: LoadProgress }
  | { readonly kind: 'failed'; readonly error: string }
  /** No usable answer to a question: nothing is known, so the load goes on until its limit. */
  | { readonly kind: 'unknown' };

/**
 * What a node's word changes; undefined when the load it is about is not the current one any more.
 * See docs/reference/inference.md#loading.
 */
export function applyOutcome(
  view: PmModelView,
  loadId: string,
  outcome: LoadOutcome,
): { readonly state: PmModelState; readonly notes: readonly ModelNote[] } | undefined {
  const { state, now } = view;
  const place = placeOf(view);
  if (state?.load === undefined || state.load.id !== loadId || place === undefined) {
    return undefined;
  }
  const { node, modelRef } = place;
  if (outcome.kind === 'failed') {
    return { state, notes: [failedNote(node, modelRef, outcome.error, now)] };
  }
  if (outcome.kind === 'available') {
    const before = modelOn(node, modelRef);
    if (before?.status === 'available') return { state, notes: [] };
    const model = {
      status: 'available',
      attempts: 0,
      retryAt: undefined,
      failedUnder: undefined,
      loadingSince: undefined,
      error: undefined,
    } as const;
    return { state, notes: [{ nodeId: node.nodeId, modelRef, model }] };
  }
  const { polls } = state.load;
  const load = { ...state.load, polls: polls + 1, dueAt: nextLook(polls, now) };
  if (outcome.kind === 'unknown') return { state: { ...state, load }, notes: [] };
  const { progress: _before, ...rest } = state;
  return {
    state: {
      ...rest,
      load: { ...load, requested: true },
      ...(outcome.progress && { progress: outcome.progress }),
    },
    notes: [],
  };
}
