/** A secret of a job. */
export interface JobSecret {
  readonly name: string;
  readonly value: string;
}

/** User and group on the host that own the files. */
export interface SecretOwner {
  readonly uid: number;
  readonly gid: number;
}

/** Secrets of jobs as files in memory, never on a disk. See docs/reference/sandbox.md#secrets. */
export interface SecretFiles {
  /** Whether this machine has a folder in memory for them. */
  readonly isUsable: boolean;
  /**
   * Makes a folder with a file for each secret, only for their owner to read; gives its path on the host.
   * @throws WorkerError `node_policy_refused` without a folder in memory; nothing is left behind when it rejects
   */
  write(
    jobId: string,
    secrets: readonly JobSecret[],
    owner: SecretOwner | undefined,
  ): Promise<string>;
  /** Done when it resolves; repeating it is harmless. */
  remove(jobId: string): Promise<void>;
  /** Removes those of jobs that do not live, and gives the job ids. */
  removeStrays(lives?: (jobId: string) => boolean): Promise<readonly string[]>;
}
