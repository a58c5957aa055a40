import type { InputFile, StagedFileQuery } from '@cynodeai/contracts/worker-api';

/** Directories of one job on the host. See docs/reference/sandbox.md#files. */
export interface JobWorkspace {
  /** Bound at `/workspace`. */
  readonly workspaceDir: string;
  /** Bound at `/job`; holds the empty directory `artifacts`. */
  readonly jobDir: string;
  /** Where what the job writes lies, when that is not in these directories themselves. */
  readonly writtenDirs?: readonly string[];
  /** Who owns all of it; absent when it is the user of this process. */
  readonly user?: JobUser;
  /** Its workspace is this one, which is kept between jobs. */
  readonly keptId?: string;
}

/** A workspace that is kept between jobs, as a request names it. See docs/reference/workspaces.md. */
export interface KeptWorkspace {
  readonly id: string;
  /** A job has run in it: where it is missing, none is made in its place. */
  readonly mustExist: boolean;
}

/** User and group of one job on the host, and nobody else's. */
export interface JobUser {
  readonly uid: number;
  readonly gid: number;
  /** Shown as `/etc/passwd`, so that the user has a name and a home. */
  readonly passwdFile: string;
}

/** Creates and removes job directories below the mount root. */
export interface WorkspaceStore {
  /** @throws WorkerError `workspace_unusable` when the mount root cannot be created or written */
  check(): Promise<void>;
  /**
   * Makes fresh directories for the job with its staged files, in the staged folder where one is named, and writes
   * its input files, following no links, owned by the container's user. In a kept workspace they are laid over what is
   * there. @throws WorkerError `job_conflict` when the
   * directory exists, `validation` when two paths cannot both exist, `not_run` when the folder is not there,
   * `workspace_unusable` on a disk fault, `workspace_lost`; nothing is left behind then but a kept workspace
   */
  create(
    jobId: string,
    files: readonly InputFile[],
    folder?: string,
    kept?: KeptWorkspace,
  ): Promise<JobWorkspace>;
  /** The job that a kept workspace was made ready for, as long as nobody has seen its container go. */
  keptHolder(workspaceId: string): Promise<string | undefined>;
  /** The container of that job is gone. */
  releaseKept(workspaceId: string): Promise<void>;
  /** Ids of all kept workspaces of this node. */
  keptIds(): Promise<readonly string[]>;
  /** Removes a kept workspace whatever is in it; false where there is none. */
  removeKept(workspaceId: string): Promise<boolean>;
  /** The directories that an earlier process of the node made for a job; undefined where there are none. */
  find(jobId: string): Promise<JobWorkspace | undefined>;
  /**
   * Keeps an input file for the next `create` of the job; the same path again replaces it.
   * `stillOpen` is asked when all bytes are there. Nothing is left behind when it rejects.
   * See docs/reference/worker-api.md#input-files
   * @throws WorkerError `validation` when the path cannot exist beside the others or there are too many,
   *   `staging_full`, `job_conflict` when `create` came first, `workspace_unusable` on a disk fault
   */
  stage(
    jobId: string,
    file: StagedFileQuery,
    content: AsyncIterable<Uint8Array>,
    stillOpen: () => boolean,
  ): Promise<void>;
  /**
   * Unpacks a folder to be the workspace of the next `create` of the job that names it; it replaces one that was staged
   * before. Nothing is left behind when it rejects. See docs/reference/worker-api.md#input-files
   * @throws WorkerError `validation` for an archive that is none, `staging_full`, `job_conflict` when `create` came
   *   first, `not_run` on a full disk, `workspace_unusable` on another fault of it
   */
  stageFolder(
    jobId: string,
    folder: string,
    content: AsyncIterable<Buffer>,
    stillOpen: () => boolean,
  ): Promise<void>;
  /**
   * The same with one that the node has from an earlier job; false when it has not.
   * @throws WorkerError as `stageFolder`, but for the archive
   */
  reuseFolder(jobId: string, folder: string, stillOpen: () => boolean): Promise<boolean>;
  /** Gives up what is kept for later jobs; says whether that was anything. */
  makeRoom(): Promise<boolean>;
  /** Removes staged files of jobs that got none since then; says whose. */
  removeStaged(before: Date): Promise<readonly string[]>;
  /** Removes the job's directories whatever is in them, staged files included. */
  remove(jobId: string): Promise<void>;
  /** Removes directories of this node's jobs but of those that live, not what is staged, and gives the job ids. */
  removeStrays(lives?: (jobId: string) => boolean): Promise<readonly string[]>;
}
