import type { JobArtifact } from '@cynodeai/contracts/common';
import type { Masker } from '../domain/output/masker.ts';

/** What a job left, as its result names it. */
export interface CollectedArtifacts {
  /** By name. */
  readonly artifacts: readonly JobArtifact[];
  /** Files more than are listed. */
  readonly omitted: number;
  /** Secrets of the job were taken out of a file, or a file was left out whose name held one. */
  readonly masked?: boolean;
}

/** The kept files of one job, opened. */
export interface OpenArchive {
  readonly sizeBytes: number;
  /** A tar archive, once. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Keeps what jobs leave in `/job/artifacts` until their results are acknowledged.
 * See docs/reference/worker-api.md#artifacts.
 */
export interface ArtifactKeeper {
  /**
   * Keeps the regular files below `artifacts` in the folder of a job, which has ended, following no links; safe from a
   * power loss when it resolves. What cannot be kept has `error`; it never rejects. With a masker no secret of the job
   * is kept.
   */
  collect(jobId: string, jobDir: string, masker?: Masker): Promise<CollectedArtifacts>;
  /** Undefined where nothing of the job is kept. */
  open(jobId: string): Promise<OpenArchive | undefined>;
  /** Done when it returns: the job may run again. */
  remove(jobId: string): void;
  /** @throws WorkerError `workspace_unusable` where nothing can be kept */
  check(): Promise<void>;
  /** Removes what is kept of jobs without a result that names it; says how many. */
  removeStrays(isKnown: (jobId: string) => boolean): Promise<number>;
  /** Removes what releases without folders of their own kept beside them and last wrote before that; says how many. */
  removeForgotten(before: Date): Promise<number>;
}
