import type { ModelNote } from '../domain/models/model-notes.ts';
import type { LoadOutcome } from '../domain/models/load-outcome.ts';
import type { PmModelState } from '../domain/models/pm-model-state.ts';
import type { PmModelView } from '../domain/models/pm-model-view.ts';
import type { NodeConnection } from './nodes.ts';

/** The selection as callers of the model see it. */
export interface PmModelReading {
  /** Node that holds the model; absent when the model is reached outside. */
  readonly nodeSlug?: string;
  readonly modelRef: string;
  readonly status: PmModelState['status'];
  readonly executionMode: PmModelState['executionMode'];
}

/** Reads the Project Manager's model. */
export interface PmModelReader {
  /**
   * The current selection; undefined before the first and while the rules lead to none. Only an
   * `available` one may be called. See docs/reference/inference.md#project-manager-model.
   */
  current(): Promise<PmModelReading | undefined>;
}

/** What one look at the database shows; `connections` by node id. */
export interface PmModelLook {
  readonly view: PmModelView;
  readonly connections: ReadonlyMap<string, NodeConnection>;
}

/** Statements about the selection inside one transaction. */
export interface PmModelTransaction {
  look(): Promise<PmModelLook>;
  /** Stores the state, undefined = it stays, and what became known of models, and tells the other processes. */
  save(state: PmModelState | undefined, notes: readonly ModelNote[]): Promise<void>;
}

/**
 * The stored selection; one transaction at a time among all control planes.
 * See docs/reference/inference.md#watching.
 */
export interface PmModelStore {
  transaction<T>(work: (tx: PmModelTransaction) => Promise<T>): Promise<T>;
}

/**
 * The model calls of a node's Worker API; none rejects: every fault is an answer.
 * See docs/reference/worker-api.md#models.
 */
export interface ModelWorker {
  /** Asks a node to make a model available; `unknown` when the signal fired first. */
  loadModel(node: NodeConnection, modelRef: string, signal: AbortSignal): Promise<LoadOutcome>;
  /** Asks how far a model is; `unknown` when the node gave no usable answer. */
  modelStatus(node: NodeConnection, modelRef: string, signal: AbortSignal): Promise<LoadOutcome>;
}
