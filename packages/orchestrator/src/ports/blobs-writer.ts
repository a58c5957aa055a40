/** Content that is stored; `storageRef` is what rows such as `task_artifacts.storage_ref` keep. */
export interface StoredBlob {
  readonly storageRef: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Holds the content until a row names it; given back in the transaction that writes the row. */
  readonly claim: string;
}

/** Contents that are stored together. */
export interface BlobBatch {
  /** Not yet stored; rejects as `BlobWriter.writeStream`. Undefined, and gone, where `isRight` says no to the hash. */
  write(
    chunks: AsyncIterable<Uint8Array>,
    isRight: (sha256: string) => boolean,
  ): Promise<Pick<StoredBlob, 'sizeBytes' | 'sha256'> | undefined>;
  /** Stores what was written so far, durably; by hash. Nothing of it is kept when it rejects. */
  flush(): Promise<ReadonlyMap<string, StoredBlob>>;
}

/**
 * Stores content, the same bytes once. It is stored before the row that names it.
 * See docs/reference/tasks-and-jobs.md#stored-content.
 */
export interface BlobWriter {
  /** Durable once it resolves; nothing is left behind when it rejects. */
  write(bytes: Uint8Array): Promise<StoredBlob>;
  /** The same for bytes that are still arriving; rejects with what `chunks` throws. */
  writeStream(chunks: AsyncIterable<Uint8Array>): Promise<StoredBlob>;
  /** For many at once: they cost one wait for the disk and one question. */
  batch(): BlobBatch;
  /** Gives back what no row will name; it goes unless somebody else holds it. */
  withdraw(stored: readonly StoredBlob[]): Promise<void>;
}

/** Removes content behind rows that are gone. */
export interface BlobRemover {
  /** What somebody still holds stays; `onFault` hears what could not be removed, which the sweep does later. */
  removeUnused(
    refs: readonly string[],
    onFault: (storageRef: string, fault: unknown) => void,
  ): Promise<void>;
}
