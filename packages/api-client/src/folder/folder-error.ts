import { TaskInputError } from '../task-input/task-input-error.ts';

/** A folder of this machine cannot be sent; the message says what to do. See docs/reference/folders.md#what-is-sent. */
export class FolderError extends TaskInputError {}
