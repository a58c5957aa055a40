import { CommandError } from '../error/index.ts';
import { sanitize } from './sanitize.ts';

/** The part of a standard stream that is written to. */
export interface TextStream {
  readonly isTTY?: boolean;
  /** Width of the window, where there is one. */
  readonly columns?: number;
  write(text: string | Uint8Array, done: (error?: Error | null) => void): boolean;
}

/** True for the error of writing to a pipe that nobody reads any more. */
function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === 'EPIPE';
}

/**
 * Resolves when the text, or the bytes, have left the process; false when nobody reads any more, which is no fault.
 * @throws CommandError `internal` when it cannot be written
 */
export function writeFully(stream: TextStream, text: string | Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (!error || isBrokenPipe(error)) resolve(!error);
      else
        reject(
          new CommandError('internal', `cannot write the output: ${error.message}`, {
            cause: error,
          }),
        );
    });
  });
}

/**
 * Writes text without waiting, where nobody can; a terminal is shown its control characters. `steering` is the
 * program's own and goes before it as it is.
 */
export function writeNow(
  stream: { readonly isTTY?: boolean | undefined; write(text: string): unknown },
  text: string,
  steering = '',
): void {
  stream.write(`${steering}${stream.isTTY === true ? sanitize(text) : text}`);
}

/** As `writeFully`, text as it is; a terminal is shown its control characters. */
export async function writeText(stream: TextStream, text: string): Promise<boolean> {
  return text === '' || (await writeFully(stream, stream.isTTY ? sanitize(text) : text));
}
