import type { JobOutput, RunJobRequest, StopAllResponse } from '@cynodeai/contracts/worker-api';
import type { ArchiveFile } from '@cynodeai/runtime/std';
import type { JobObservation } from '../domain/dispatch/job-observation.ts';
import type { WorkerAnswer } from '../domain/dispatch/worker-answer.ts';
import type { NodeConnection } from './nodes.ts';

/** A job as a node knows it. */
export interface JobRef {
  readonly taskId: string;
  readonly jobId: string;
}

/** An input file on its way to a node, ahead of its job. */
export interface FileToStage {
  /** Below `/workspace`. */
  readonly path: string;
  readonly mode: '0644' | '0755' | '0444';
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A folder on its way to a node, ahead of its job. */
export interface FolderToStage {
  /** `sha256:…` */
  readonly folder: string;
  /** Of its archive. */
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Calls of a node's Worker API; none of them rejects: every fault is an answer.
 * See docs/reference/worker-api.md#ground-rules.
 */
export interface WorkerApi {
  /** Sends a job and waits for its end. */
  runJob(
    node: NodeConnection,
    request: RunJobRequest,
    options: { readonly deadlineMs: number; readonly signal: AbortSignal },
  ): Promise<WorkerAnswer>;
  /** Leaves an input file for the next run of a job; anything but `staged` means that nothing of the job ran for it. */
  stageFile(
    node: NodeConnection,
    jobId: string,
    file: FileToStage,
    options: { readonly signal: AbortSignal },
  ): Promise<'staged' | WorkerAnswer>;
  /** The same for a folder that will be the job's workspace. */
  stageFolder(
    node: NodeConnection,
    jobId: string,
    folder: FolderToStage,
    options: { readonly signal: AbortSignal },
  ): Promise<'staged' | WorkerAnswer>;
  /** Has it take one of an earlier job; false when it must be sent, for whatever reason. */
  reuseFolder(
    node: NodeConnection,
    jobId: string,
    folder: string,
    options: { readonly signal: AbortSignal },
  ): Promise<boolean>;
  /** Asks what the node knows of a job. */
  getJob(
    node: NodeConnection,
    job: JobRef,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<JobObservation>;
  /**
   * What a run writes, from its beginning; it ends with true once the job has ended, with false when the node could
   * not be heard any more or the signal fired.
   */
  followOutput(
    node: NodeConnection,
    job: JobRef,
    options: { readonly signal: AbortSignal },
  ): AsyncGenerator<JobOutput, boolean>;
  /** What a job left, as its result lists it; it ends with what went wrong before the last file, or with undefined. */
  leftFiles(
    node: NodeConnection,
    job: JobRef,
    options: { readonly signal: AbortSignal },
  ): AsyncGenerator<ArchiveFile, string | undefined>;
  /** Lets the node drop a result: `done` also when it has none, `running` while the job has not ended there. */
  ackJob(node: NodeConnection, job: JobRef): Promise<'done' | 'running' | 'failed'>;
  /** Asks to stop a job: `stopping`, `not_running`, or `failed` when the node could not be asked. */
  stopJob(
    node: NodeConnection,
    job: JobRef & { readonly graceSeconds: number; readonly timeoutMs?: number },
  ): Promise<'stopping' | 'not_running' | 'failed'>;
  /** Ids of the workspaces that a node keeps; undefined when it could not be asked. */
  listWorkspaces(node: NodeConnection): Promise<readonly string[] | undefined>;
  /** Asks to remove a kept workspace: `busy` while a job runs in it. */
  removeWorkspace(
    node: NodeConnection,
    workspaceId: string,
  ): Promise<'removed' | 'busy' | 'failed'>;
  /** Asks to stop everything the orchestrator started there; undefined when the node could not be asked. */
  stopAll(
    node: NodeConnection,
    options: { readonly timeoutMs: number },
  ): Promise<StopAllResponse | undefined>;
}
