import type { RunJobResult } from '@cynodeai/contracts/common';
import type {
  AckJobRequest,
  RunJobRequest,
  StagedFileQuery,
  WorkerJob,
} from '@cynodeai/contracts/worker-api';
import type { OpenArchive } from '../../ports/artifacts.ts';
import type { AdoptedJob } from './adopted-job.ts';
import type { LiveOutput } from './live-output.ts';
import type { StopOutcome } from './stop-jobs.ts';

/**
 * Runs jobs in sandboxes and keeps their results until they are acknowledged.
 * See docs/reference/worker-api.md.
 */
export interface JobService {
  /**
   * Runs one job to its end, or waits for the run of the same lease, or gives its stored result.
   * @throws WorkerError `validation`, `node_policy_refused`, `node_at_capacity`, `job_conflict`,
   *   `inference_unavailable`, `node_shutting_down`, `internal`
   */
  run(request: RunJobRequest): Promise<RunJobResult>;
  /** Like `run`, but gives `accepted` at once while there is no result. */
  submit(request: RunJobRequest): Promise<RunJobResult | 'accepted'>;
  /**
   * Keeps an input file for the first run of a job.
   * @throws WorkerError `job_conflict` once the job runs or while its result is not acknowledged,
   *   `node_shutting_down`, and those of `WorkspaceStore.stage`
   */
  stage(jobId: string, file: StagedFileQuery, content: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * The same for a folder that will be the workspace of the job's next run.
   * @throws WorkerError as `stage`, those of `WorkspaceStore.stageFolder`, and `not_run` without room on the disk
   */
  stageFolder(jobId: string, folder: string, content: AsyncIterable<Buffer>): Promise<void>;
  /** The same with a folder of an earlier job; false when it is not here any more. @throws WorkerError as `stage` */
  reuseFolder(jobId: string, folder: string): Promise<boolean>;
  /** @throws WorkerError `not_found` */
  get(jobId: string): WorkerJob;
  /**
   * What the job has written so far and what it writes, until its result is stored; nothing of one that has ended.
   * @throws WorkerError `not_found`
   */
  output(jobId: string): LiveOutput;
  /** The files of a stored result as one archive. @throws WorkerError `not_found`, also where it left none */
  artifacts(jobId: string): Promise<OpenArchive>;
  /**
   * The caller has the result: it is dropped with its files. Repeating it is harmless.
   * @throws WorkerError `not_found`; `job_conflict` while the job runs or when it is one of another task
   */
  acknowledge(ack: Pick<AckJobRequest, 'job_id' | 'task_id'>): void;
  /** Ids of the workspaces that are kept here between jobs. */
  workspaces(): Promise<readonly string[]>;
  /** Removes a kept workspace. @throws WorkerError `not_found`, `job_conflict` while a job runs in it */
  removeWorkspace(id: string): Promise<void>;
  /** Starts ending a job: SIGTERM, `graceSeconds`, kill. Its run then answers `failed`. */
  stop(jobId: string, graceSeconds: number): 'stopping' | 'not_running';
  /** Ends all running jobs as `stop` does; returns 5 s after `graceMs` at the latest. */
  stopAll(graceMs: number): Promise<StopOutcome>;
  /** Refuses new jobs and ends all running ones; their results are decided by the node's next start. */
  shutdown(graceMs: number): Promise<StopOutcome>;
  /** Goes on with a job whose run an earlier process of the node began and that is kept. */
  adopt(stored: AdoptedJob): void;
  /** Jobs that run at this moment. */
  readonly running: number;
  /** Whether anything of a job but its result is still to be expected on the host. */
  lives(jobId: string): boolean;
}
