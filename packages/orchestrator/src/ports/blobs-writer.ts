/** A stored blob; `storageRef` is what `task_artifacts.storage_ref` keeps. */
export interface StoredBlob {
  readonly storageRef: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Blobs that are written together. */
export interface BlobBatch {
  /** Not yet durable; rejects as `BlobWriter.writeStream`. */
  write(chunks: AsyncIterable<Uint8Array>): Promise<StoredBlob>;
  /** Makes durable what was written so far. */
  flush(): Promise<void>;
}

/**
 * Writes the bytes of artifacts. A blob is written before the row that names it.
 * See docs/reference/tasks-and-jobs.md#artifacts.
 */
export interface BlobWriter {
  /** Durable once it resolves; nothing is left behind when it rejects. */
  write(bytes: Uint8Array): Promise<StoredBlob>;
  /** The same for bytes that are still arriving; rejects with what `chunks` throws. */
  writeStream(chunks: AsyncIterable<Uint8Array>): Promise<StoredBlob>;
  /** For many blobs at once: they cost one wait for the disk. */
  batch(): BlobBatch;
  /** Removes a blob; one that is gone is no error. */
  remove(storageRef: string): Promise<void>;
}
