import type { ByteRange, OpenBlob } from './blobs.ts';

/** Bytes that were taken in and that nobody can read yet. */
export interface ObjectDraft {
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Gives them a name of their own, whole or not at all; says its reference. Durable after the store's `flush`. */
  publish(): Promise<string>;
  /** Forgets them; to be called instead of `publish`, and no fault afterwards. */
  discard(): Promise<void>;
}

/**
 * Where bytes rest under names that are never used a second time. A reference of another store's form is refused with
 * a RangeError; bytes that are gone with the code `ENOENT`. See docs/reference/tasks-and-jobs.md#stored-content.
 */
export interface ObjectStore {
  /** How its references begin, such as `file:`. */
  readonly scheme: string;
  /** Takes in bytes with little memory; rejects with what `chunks` throws and leaves nothing then. */
  draft(chunks: AsyncIterable<Uint8Array>): Promise<ObjectDraft>;
  /** Makes what was published so far safe from a power cut. */
  flush(ref: string): Promise<void>;
  flushAll(): Promise<void>;
  /** Undefined when it is gone. */
  stat(ref: string): Promise<{ readonly sizeBytes: number } | undefined>;
  open(ref: string, range?: ByteRange): Promise<OpenBlob>;
  /** One that is gone is no error. */
  remove(ref: string): Promise<void>;
  /** References of objects last written before that, in groups. */
  writtenBefore(before: Date): AsyncIterable<readonly string[]>;
  /** Removes drafts of writers that never finished, begun before that; says how many. */
  removeUnfinished(before: Date): Promise<number>;
}
