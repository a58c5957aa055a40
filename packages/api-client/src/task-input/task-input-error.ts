import { CodedError } from '@cynodeai/runtime/std';

/**
 * What the user gave cannot be a task; found before any request.
 * See docs/reference/cli.md#create-a-task.
 */
export class TaskInputError extends CodedError<'usage'> {
  constructor(message: string, options?: ErrorOptions) {
    super('usage', message, options);
  }
}
