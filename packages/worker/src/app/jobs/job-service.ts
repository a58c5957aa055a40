import type { RunJobRequest, RunJobResult } from '@cynodeai/contracts';
import type { Log } from '@cynodeai/runtime/observe';
import type { Clock } from '@cynodeai/runtime/std';
import { WorkerError } from '../../domain/errors.ts';
import type { SandboxEngine } from '../../ports/sandbox-engine.ts';
import type { WorkspaceStore } from '../../ports/workspace.ts';

/** What the node allows at this moment; read once per job, so that a new configuration takes effect at once. */
export interface JobLimits {
  /** False with `sandbox.mode: disabled`: every job is refused. */
  readonly sandboxEnabled: boolean;
  /** Running jobs at the same time, 1 or more. */
  readonly maxConcurrency: number;
  /** Seconds given to a job that asks for none. */
  readonly defaultTimeoutSeconds: number;
  /** Upper limit in seconds, with the configuration's constraint applied. */
  readonly maxTimeoutSeconds: number;
  /** Image of a job that names none. */
  readonly defaultImage?: string;
  /** Exact list of images after merging local and configured policy; absent means no restriction. */
  readonly allowedImages?: readonly string[];
}

/** Names of the containers a shutdown ended, and of those that did not die. */
export interface ShutdownOutcome {
  readonly stopped: string[];
  readonly resisted: string[];
}

export interface JobServiceDeps {
  readonly engine: SandboxEngine;
  readonly workspace: WorkspaceStore;
  readonly limits: () => JobLimits;
  readonly nodeSlug: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs jobs in sandboxes. Contract 03 sections 5.4 to 5.9. */
export interface JobService {
  /**
   * Runs one job to its end. The caller must call `release` after the answer was written.
   * @throws WorkerError `validation`, `node_policy_refused`, `node_at_capacity`, `job_conflict`,
   *   `inference_unavailable`, `node_shutting_down`, `internal`; nothing needs releasing then
   */
  run(request: RunJobRequest): Promise<RunJobResult>;
  /** Starts ending a job: SIGTERM, `graceSeconds`, kill. Its run then answers `failed`. */
  stop(jobId: string, graceSeconds: number): 'stopping' | 'not_running';
  /** The answer was written: the job directory goes. Unknown ids are ignored. */
  release(jobId: string): Promise<void>;
  /** Refuses new jobs and ends all running ones; returns at the latest a few seconds after `graceMs`. */
  shutdown(graceMs: number): Promise<ShutdownOutcome>;
  /** Jobs that run at this moment. */
  readonly running: number;
}

/** A job service over an engine. */
export function createJobService(deps: JobServiceDeps): JobService {
  throw new WorkerError('internal', `not ready for ${deps.nodeSlug}`);
}
