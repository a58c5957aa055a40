import type { PagePosition } from '../domain/tasks/page-cursor.ts';

/** A stored file of a task. */
export interface ArtifactRecord {
  readonly id: string;
  /** Relative, such as `upload/in.csv`. */
  readonly path: string;
  readonly storageRef: string;
  readonly sizeBytes: number;
  readonly contentType: string | undefined;
  readonly createdAt: Date;
  readonly executable: boolean;
}

/** Reads what is known of tasks' files; whether a caller may see the task is decided before. */
export interface ArtifactReader {
  /** Newest first. */
  list(query: {
    readonly taskId: string;
    readonly after: PagePosition | undefined;
    readonly limit: number;
  }): Promise<readonly ArtifactRecord[]>;
  /** Those that jobs left, by path, behind one; `after` is a path. */
  listLeft(query: {
    readonly taskId: string;
    readonly after: string | undefined;
    readonly limit: number;
  }): Promise<readonly ArtifactRecord[]>;
  find(taskId: string, artifactId: string): Promise<ArtifactRecord | undefined>;
}
