/** A part of stored content: the first and the last byte that are wanted, from 0. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** Reads the bytes of stored content. */
export interface BlobReader {
  /**
   * The bytes behind a `storage_ref` such as `file:<relative path>`. Rejects when they are gone (code `ENOENT`), are
   * not what was stored, or the reference is of an unknown form.
   * See docs/reference/database.md#work-tables.
   */
  read(storageRef: string): Promise<Uint8Array>;
}

/** Stored content, opened. */
export interface OpenBlob {
  readonly sizeBytes: number;
  /** The bytes, once. They end with a fault before their last piece where they are not what was stored. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Lets go of it, read to the end or not. */
  close(): Promise<void>;
}

/** Reads stored content without holding it in memory. */
export interface BlobOpener {
  /** Rejects like `BlobReader.read`. A part is not checked against the hash of the whole. */
  open(storageRef: string, range?: ByteRange): Promise<OpenBlob>;
}
