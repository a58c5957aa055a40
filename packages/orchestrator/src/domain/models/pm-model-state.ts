/** A load under way; the control planes share it through the database. */
export interface PmModelLoad {
  /** Fences answers: one of an earlier load is dropped. */
  readonly id: string;
  readonly since: Date;
  /** The node took the request; until then it may have to be sent (again). */
  readonly requested: boolean;
  /** Times the node was looked at since. */
  readonly polls: number;
  /** Nobody asks the node before this moment: it is when to look next, or how long somebody's call may take. */
  readonly dueAt: Date;
}

/** How much of a model a node has fetched, where it tells. */
export interface LoadProgress {
  readonly completedBytes: number;
  readonly totalBytes: number;
}

/**
 * The selection as it is stored for all processes, `orchestrator_state` key `pm_model`.
 * See docs/reference/inference.md#project-manager-model.
 */
export interface PmModelState {
  readonly executionMode: 'local' | 'external';
  /** Absent with status `failed` when the rules led to no model. */
  readonly nodeSlug?: string;
  readonly modelRef?: string;
  /** Ordered codes of how the rules led here. */
  readonly reasons: readonly string[];
  readonly status: 'selected' | 'loading' | 'available' | 'failed';
  /** The settings it was made under; others make a new selection. */
  readonly basis: string;
  readonly load?: PmModelLoad;
  readonly progress?: LoadProgress;
  /** With status `failed`: the model somebody could get, where one is wanted. */
  readonly wanted?: string;
  /** What went wrong last, in the node's words. */
  readonly error?: string;
}
