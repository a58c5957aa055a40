/** A stored file of a task. */
export interface TaskFile {
  readonly artifactId: string;
  /** `upload/<name>`. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly sizeBytes: number;
  readonly storageRef: string;
}

/** What the user gave a task. */
export interface GivenInput {
  /** `tasks.prompt`; data for a model, never part of a command (REQ-ORCHES-0125). */
  readonly prompt: string;
  /** By name. */
  readonly files: readonly TaskFile[];
}

/** What users gave their tasks. */
export interface TaskInput {
  /** Text and files. @throws OrchestratorError `input_gone` when there is no such task or text */
  read(taskId: string): Promise<GivenInput>;
  /** `storage_ref` of a task's artifacts by id; unknown ones are absent. */
  artifactRefs(
    taskId: string,
    artifactIds: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
  /** `storage_ref` of the archive of the folder that a task was given; undefined when it is gone. */
  folderRef(taskId: string): Promise<string | undefined>;
}
