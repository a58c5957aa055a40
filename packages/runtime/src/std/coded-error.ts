/**
 * Base of a package's closed error union: callers branch on `code`, never on the text.
 * It knows nothing of HTTP; the edge chooses a status per code.
 */
export class CodedError<Code extends string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The message of anything thrown, for logs and stored reasons. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
