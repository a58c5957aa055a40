/** A file on its way into an archive or out of one. */
export interface ArchiveFile {
  /** Path in the archive, with `/` between folders. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly executable: boolean;
  /** `sizeBytes` of them, once. */
  readonly chunks: AsyncIterable<Uint8Array>;
}
