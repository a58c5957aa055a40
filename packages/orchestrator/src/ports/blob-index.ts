/** Content that is stored: where, and what it is. */
export interface KnownBlob {
  readonly storageRef: string;
  /** Hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** SHA-256 of bytes as they pass. */
export interface ContentHash {
  update(chunk: Uint8Array): void;
  /** Of all so far, hex; to be asked once. */
  hex(): string;
}

/** What is written down about a claim. */
export interface BlobClaim {
  readonly id: string;
  readonly at: Date;
}

/**
 * Which content is stored where, and who holds it: rows that name it, and claims of those who are about to name it.
 * What is held is never given out as unused, whatever others do at the same time.
 * See docs/reference/tasks-and-jobs.md#stored-content.
 */
export interface BlobIndex {
  /** Claims those of the contents that are stored, by hash. */
  claim(hashes: readonly string[], claim: BlobClaim): Promise<ReadonlyMap<string, KnownBlob>>;
  /** Enters objects that were just stored and claims their contents; says by hash which copy counts from now on. */
  enter(blobs: readonly KnownBlob[], claim: BlobClaim): Promise<ReadonlyMap<string, KnownBlob>>;
  /** Nothing new may rest on this copy: it is gone or damaged. */
  distrust(storageRef: string): Promise<void>;
  /** Hash of a copy, where it is known. */
  hashOf(storageRef: string): Promise<string | undefined>;
  /** Gives claims back. */
  release(claimIds: readonly string[]): Promise<void>;
  /** Forgets claims from before that. */
  forgetClaims(before: Date): Promise<void>;
  /** Takes out those of the references that nobody holds, and says which: their bytes are the caller's to remove. */
  takeUnused(refs: readonly string[]): Promise<readonly string[]>;
  /** The same for everything there is, some at a time; none when there are no more. */
  takeSomeUnused(): Promise<readonly string[]>;
  /** Those of the references that are neither entered nor named. */
  strays(refs: readonly string[]): Promise<readonly string[]>;
}
