import type { FailureCode } from '@cynodeai/contracts/agents';

/** A task that cannot be done; its graph ends with it and says so. */
export class WorkflowFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
