import { canonicalModel } from '@cynodeai/contracts/model';
import { failureOf } from './load-backoff.ts';
import { type ModelNode, type NodeModel, modelOn } from './model-node.ts';
import type { PmModelLoad } from './pm-model-state.ts';
import { type PmModelView, placeOf } from './pm-model-view.ts';

/** What is to be written about a model on a node. */
export interface ModelNote {
  readonly nodeId: string;
  readonly modelRef: string;
  readonly model: NodeModel;
}

/** A failed load as it is noted. */
export function failedNote(
  node: ModelNode,
  modelRef: string,
  error: string | undefined,
  now: Date,
): ModelNote {
  const { attempts, retryAt } = failureOf(modelOn(node, modelRef), node, now);
  return {
    nodeId: node.nodeId,
    modelRef,
    model: {
      status: 'failed',
      attempts,
      retryAt,
      failedUnder: node.reportKey,
      loadingSince: undefined,
      error,
    },
  };
}

/** Failures that nodes reported and nobody noted yet, and a load that took too long. */
export function dueFailures(view: PmModelView): ModelNote[] {
  const notes = view.candidates.flatMap((node) =>
    [...node.models]
      .filter(([, model]) => model.status === 'failed' && model.retryAt === undefined)
      .map(([modelRef, model]) => failedNote(node, modelRef, model.error, view.now)),
  );
  const place = placeOf(view);
  const load = view.state?.load;
  if (place === undefined || load === undefined) return notes;
  const isLate = view.now.getTime() >= load.since.getTime() + view.loadTimeoutMs;
  const status = modelOn(place.node, place.modelRef)?.status;
  if (isLate && status !== 'available' && status !== 'failed') {
    notes.push(failedNote(place.node, place.modelRef, 'not loaded in time', view.now));
  }
  return notes;
}

/** Candidates as they are once the notes are written. */
export function noted(
  candidates: readonly ModelNode[],
  notes: readonly ModelNote[],
): readonly ModelNode[] {
  return candidates.map((node) => {
    const own = notes.filter((note) => note.nodeId === node.nodeId);
    if (own.length === 0) return node;
    const models = own.map((note) => [canonicalModel(note.modelRef), note.model] as const);
    return { ...node, models: new Map([...node.models, ...models]) };
  });
}

/** A load that begins, or one that an earlier selection began on that node and that goes on. */
export function beginLoad(model: NodeModel | undefined, id: string, now: Date): PmModelLoad {
  const isRunning = model?.status === 'loading';
  return {
    id,
    since: (isRunning ? model.loadingSince : undefined) ?? now,
    requested: isRunning,
    polls: 0,
    dueAt: now,
  };
}

/** The model as it is noted while it loads; earlier failures still count. */
export function loadingNote(node: ModelNode, modelRef: string, since: Date): ModelNote {
  const before = modelOn(node, modelRef);
  return {
    nodeId: node.nodeId,
    modelRef,
    model: {
      status: 'loading',
      attempts: before?.attempts ?? 0,
      retryAt: undefined,
      failedUnder: before?.failedUnder,
      loadingSince: since,
      error: undefined,
    },
  };
}
