import process from 'node:process';
import { writeNow } from '../output/index.ts';
import { stopSignal } from './stop-signal.ts';

/** How a program sees its failures. */
export interface Failures {
  readonly exitCodeOf: (error: unknown) => number;
  /** One line of a defect, without its end. */
  readonly textOf: (error: unknown) => string;
  /** False: hang-ups are ignored, as under nohup; true unless told. */
  readonly hangsUp?: boolean;
}

/** Whoever writes hears of a fault; it ends no process in the middle of something. */
function guardStreams(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/**
 * Runs a program on the process's own streams and ends with its exit code, every byte written. A
 * defect ends with the program's code for one, never with Node's own 1. Who asks for the signal
 * that says stop takes over from the system, which ends the process at once.
 * See docs/reference/cli.md#exit-codes.
 */
export async function runAsProcess(
  run: (stop: () => AbortSignal) => Promise<number>,
  { exitCodeOf, textOf, hangsUp }: Failures,
): Promise<never> {
  const endAsDefect = (error: unknown): never => {
    writeNow(process.stderr, `${textOf(error)}\n`);
    process.exit(exitCodeOf(error));
  };
  guardStreams();
  process.on('uncaughtException', endAsDefect);
  process.on('unhandledRejection', endAsDefect);
  let signal: AbortSignal | undefined;
  process.exit(await run(() => (signal ??= stopSignal(exitCodeOf, hangsUp))));
}
