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
export interface TaskInput {
  /** `tasks.prompt`; data for a model, never part of a command (REQ-ORCHES-0125). */
  readonly prompt: string;
  /** By name. */
  readonly files: readonly TaskFile[];
}

/** Reads what the user gave a task; rejects when there is no such task or text. */
export type ReadTaskInput = (taskId: string) => Promise<TaskInput>;
