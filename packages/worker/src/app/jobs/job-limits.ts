import type { TimeoutLimits } from '../../domain/jobs/timeout.ts';

/** What the node allows at this moment; read once per job, so that a new configuration takes effect at once. */
export interface JobLimits extends TimeoutLimits {
  /** False with `sandbox.mode: disabled`: every job is refused. */
  readonly sandboxEnabled: boolean;
  /** Running jobs at the same time, 1 or more. */
  readonly maxConcurrency: number;
  /** Image of a job that names none. */
  readonly defaultImage?: string;
  /** Images after merging local and configured policy; absent means no restriction. */
  readonly allowedImages?: readonly string[];
  /** True when an image must be named by digest. See docs/reference/sandbox.md#images. */
  readonly requireDigest?: boolean;
}
