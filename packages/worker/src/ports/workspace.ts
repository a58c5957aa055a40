import type { InputFile } from '@cynodeai/contracts';

/** Directories of one job on the host. Contract 03 section 6.3. */
export interface JobWorkspace {
  /** Bound at `/workspace`. */
  readonly workspaceDir: string;
  /** Bound at `/job`; holds the empty directory `artifacts`. */
  readonly jobDir: string;
}

/** Creates and removes job directories below the mount root. */
export interface WorkspaceStore {
  /** @throws WorkerError `workspace_unusable` when the mount root cannot be created or written */
  check(): Promise<void>;
  /**
   * Makes fresh directories for the job and writes its input files, following no links, owned by the
   * container's user. @throws WorkerError `job_conflict` when the directory exists, `validation` when two
   * paths cannot both exist, `workspace_unusable` on a disk fault; nothing is left behind then
   */
  create(jobId: string, files: readonly InputFile[]): Promise<JobWorkspace>;
  /** Removes the job's directories whatever is in them. */
  remove(jobId: string): Promise<void>;
  /** Removes what an earlier run of this node left and gives the job ids. */
  removeStrays(): Promise<readonly string[]>;
}
