/** The folder of blobs, as its sweep sees it. */
export interface BlobFolder {
  /** References of blobs last written before that, in groups of one folder each. */
  writtenBefore(before: Date): AsyncIterable<readonly string[]>;
  /** Removes what writers that never finished left behind before that; says how many. */
  removeUnfinished(before: Date): Promise<number>;
  /** Removes a blob; one that is gone is no error. */
  remove(storageRef: string): Promise<void>;
}

/** Says which blobs rows refer to. */
export interface BlobReferences {
  /**
   * Calls `work` with those of the references that no row has, while no other gateway sweeps the same group; false,
   * without a call, when one does.
   */
  withUnused(
    refs: readonly string[],
    work: (unused: readonly string[]) => Promise<void>,
  ): Promise<boolean>;
}
