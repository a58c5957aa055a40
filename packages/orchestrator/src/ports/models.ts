/** How far the selected Project Manager model is. Contract 01 section 7.1. */
export type PmModelStatus = 'selected' | 'loading' | 'available' | 'failed';

/** The selection as callers of the model see it. */
export interface PmModelView {
  /** Node that holds the model; absent when the model is reached outside. */
  readonly nodeSlug?: string;
  readonly modelRef: string;
  readonly status: PmModelStatus;
  readonly executionMode: 'local' | 'external';
}

/** Reads the Project Manager's model. */
export interface PmModelReader {
  /** The current selection, undefined before the first; only `available` may be called. Contract 01 section 7.1. */
  current(): Promise<PmModelView | undefined>;
}
