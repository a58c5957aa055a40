import { CodedError } from '@cynodeai/runtime/std';

/** What the user gave cannot be a task; found before any request. Contract 05 section 7.1. */
export class TaskInputError extends CodedError<'usage'> {
  constructor(message: string, options?: ErrorOptions) {
    super('usage', message, options);
  }
}
