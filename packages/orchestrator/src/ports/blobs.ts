/** Reads the bytes of stored artifacts. */
export interface BlobReader {
  /**
   * The bytes behind a `task_artifacts.storage_ref` such as `file:<relative path>`.
   * Rejects when the blob is gone or the reference is of an unknown form. Contract 02 section 9.
   */
  read(storageRef: string): Promise<Uint8Array>;
}
