import type { TaskCreateValues } from './task-create-flags.ts';
import { TaskInputError } from './task-input-error.ts';
import { parseTimeoutSeconds } from './task-timeout.ts';

/** What the flags of a new task say: one text, the time limit understood. */
export interface TaskInputFlags extends Omit<TaskCreateValues, 'task' | 'timeout'> {
  /** Time limit of the job, seconds; for a script or commands only. */
  readonly timeoutSeconds?: number;
  /** Words behind `--`. */
  readonly rest?: readonly string[];
}

/** Reads what was typed. @throws TaskInputError when the text was given twice or the time limit is none. */
export function taskInputFlags(typed: TaskCreateValues): TaskInputFlags {
  const { task, prompt, timeout, ...others } = typed;
  if (task !== undefined && prompt !== undefined) {
    throw new TaskInputError('--task and --prompt are the same; give one of them');
  }
  const text = task ?? prompt;
  return {
    ...others,
    ...(text !== undefined && { prompt: text }),
    ...(timeout !== undefined && { timeoutSeconds: parseTimeoutSeconds(timeout) }),
  };
}
