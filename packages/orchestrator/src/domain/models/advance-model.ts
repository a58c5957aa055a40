import { demoModelRef, canonicalModel } from '@cynodeai/contracts/model';
import { modelOn } from './model-node.ts';
import { type ModelNote, beginLoad, dueFailures, loadingNote, noted } from './model-notes.ts';
import type { PmModelSettings } from './model-settings.ts';
import type { PmModelState } from './pm-model-state.ts';
import { type PmModelView, placeOf } from './pm-model-view.ts';
import { type Selection, selectModel } from './select-model.ts';

/** A call of a node that a step asks for. */
export interface NodeCall {
  readonly kind: 'load' | 'look';
  readonly loadId: string;
  readonly nodeId: string;
  readonly modelRef: string;
}

export interface PmModelStep {
  /** The view's own when nothing changed. */
  readonly state: PmModelState;
  readonly notes: readonly ModelNote[];
  readonly call?: NodeCall;
  /** When something is due by time; undefined = only a change can matter. */
  readonly nextAt?: Date;
}

/** While a call is out nobody else makes it; a caller that died is replaced after this long, ms. */
export const callLeaseMs = 15_000;

/** Settings as one text: the same text means the same wishes. */
export function basisOf(settings: PmModelSettings): string {
  return JSON.stringify([
    settings.executionMode,
    settings.mode,
    settings.preferOrchestratorHost,
    settings.pinned ?? null,
    settings.downloadsApproved,
    settings.tiers.map((tier) => [tier.minVramMb, tier.models]),
  ]);
}

/** The stand-in serves only while the install wants it. */
function isWanted(view: PmModelView, modelRef: string): boolean {
  return canonicalModel(modelRef) !== demoModelRef || view.demoModel !== undefined;
}

/**
 * Whether the selection may stay although the rules might prefer another by now.
 * See docs/reference/inference.md#watching.
 */
function isOnline(view: PmModelView, basis: string): boolean {
  const { state } = view;
  const place = placeOf(view);
  if (state === undefined || place === undefined || state.basis !== basis) return false;
  if (state.status === 'failed' || !isWanted(view, place.modelRef)) return false;
  return modelOn(place.node, place.modelRef)?.status === 'available';
}

/** The same words for an unchanged state, so that nothing is written. */
function unlessSame(before: PmModelState | undefined, after: PmModelState): PmModelState {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(after) ? before : after;
}

function failedStep(
  view: PmModelView,
  { reasons, wanted }: Extract<Selection, { kind: 'none' }>,
  basis: string,
  notes: readonly ModelNote[],
): PmModelStep {
  const failures = view.candidates
    .flatMap((node) => [...node.models])
    .filter(([, model]) => model.status === 'failed' && model.retryAt !== undefined);
  const next = failures
    .map(([, model]) => model.retryAt)
    .filter((at) => at !== undefined && at > view.now)
    .toSorted((a, b) => Number(a) - Number(b))[0];
  // Of the model that is wanted; what became of another one helps nobody.
  const error = failures.find(
    ([ref, model]) =>
      wanted !== undefined && model.error !== undefined && ref === canonicalModel(wanted),
  )?.[1].error;
  const state: PmModelState = {
    executionMode: view.settings.executionMode === 'force_external' ? 'external' : 'local',
    reasons,
    status: 'failed',
    basis,
    ...(wanted !== undefined && { wanted }),
    ...(error !== undefined && { error }),
  };
  return {
    state: unlessSame(view.state, state),
    notes,
    ...(next !== undefined && { nextAt: next }),
  };
}

type LocalSelection = Extract<Selection, { kind: 'local' }>;

function availableState(selection: LocalSelection, basis: string): PmModelState {
  return {
    executionMode: 'local',
    nodeSlug: selection.node.slug,
    modelRef: selection.modelRef,
    reasons: selection.reasons,
    status: 'available',
    basis,
  };
}

function loadStep(
  view: PmModelView,
  selection: LocalSelection,
  basis: string,
  notes: readonly ModelNote[],
  newLoadId: () => string,
): PmModelStep {
  const { node, modelRef } = selection;
  const { state: before, now } = view;
  const isSame = before?.nodeSlug === node.slug && before.modelRef === modelRef;
  const underWay = isSame ? before.load : undefined;
  const load = underWay ?? beginLoad(modelOn(node, modelRef), newLoadId(), now);
  const written =
    underWay === undefined ? [...notes, loadingNote(node, modelRef, load.since)] : notes;
  const isDue = load.dueAt <= now;
  const dueAt = isDue ? new Date(now.getTime() + callLeaseMs) : load.dueAt;
  const state: PmModelState = {
    executionMode: 'local',
    nodeSlug: node.slug,
    modelRef,
    reasons: selection.reasons,
    status: 'loading',
    basis,
    load: { ...load, dueAt },
    ...(underWay !== undefined && before?.progress && { progress: before.progress }),
  };
  const late = new Date(load.since.getTime() + view.loadTimeoutMs);
  return {
    state: unlessSame(before, state),
    notes: written,
    nextAt: dueAt < late ? dueAt : late,
    ...(isDue && {
      call: {
        kind: load.requested ? 'look' : 'load',
        loadId: load.id,
        nodeId: node.nodeId,
        modelRef,
      },
    }),
  };
}

/** The selection stays; a model that finished loading is now online. */
function kept(state: PmModelState): PmModelState {
  if (state.status === 'available') return state;
  const { load: _load, progress: _progress, error: _error, ...rest } = state;
  return { ...rest, status: 'available' };
}

/**
 * One step of selecting, warming up and watching the Project Manager's model. A selection that is
 * online stays unless a setting changed; a lost one leads to a new selection.
 * See docs/reference/inference.md (REQ-MODELS-0003).
 */
export function advanceModel(view: PmModelView, newLoadId: () => string): PmModelStep {
  const basis = basisOf(view.settings);
  const { state } = view;
  const notes = dueFailures(view);
  if (state !== undefined && isOnline(view, basis)) return { state: kept(state), notes };
  const current = { ...view, candidates: noted(view.candidates, notes) };
  const selection = selectModel(current);
  if (selection.kind === 'none') return failedStep(current, selection, basis, notes);
  if (!selection.available) return loadStep(current, selection, basis, notes, newLoadId);
  return { state: unlessSame(state, availableState(selection, basis)), notes };
}
