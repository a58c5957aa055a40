import type { InputMode } from '@cynodeai/contracts/gateway';
import type { JobPayload } from '../domain/jobs/job-payload.ts';
import type { TaskFile } from './task-input.ts';

/** What a task was made of, as far as it is still there. */
export interface StoredInput {
  readonly mode: InputMode;
  readonly prompt: string | undefined;
  /** Only of mode `commands`. */
  readonly commands: readonly string[] | undefined;
  /** It reads the attachment of that name. */
  readonly hasStdin: boolean;
  readonly acceptanceCriteria: readonly string[] | undefined;
  /** Its name was made from the text. */
  readonly hasMadeName: boolean;
  /** Of its first job. */
  readonly payload: JobPayload | undefined;
  /** Attachments, by name. */
  readonly files: readonly TaskFile[];
}

/** Reads what tasks were made of; whether a caller may see the task is decided before. */
export interface StoredInputs {
  find(taskId: string): Promise<StoredInput | undefined>;
}
