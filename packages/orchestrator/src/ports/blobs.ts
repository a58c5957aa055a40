/** Reads the bytes of stored artifacts. */
export interface BlobReader {
  /**
   * The bytes behind a `task_artifacts.storage_ref` such as `file:<relative path>`. Rejects when
   * the blob is gone or the reference is of an unknown form.
   * See docs/reference/database.md#work-tables.
   */
  read(storageRef: string): Promise<Uint8Array>;
}

/** A stored artifact, opened. */
export interface OpenBlob {
  readonly sizeBytes: number;
  /** The bytes, once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Lets go of it, read to the end or not. */
  close(): Promise<void>;
}

/** Reads stored artifacts without holding them in memory. */
export interface BlobOpener {
  /** Rejects like `BlobReader.read`. */
  open(storageRef: string): Promise<OpenBlob>;
}
