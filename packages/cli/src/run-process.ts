import type { Env } from '@cynodeai/runtime/config';
import process from 'node:process';
import type { ProcessIo } from './create-context.ts';
import { exitCodeOf } from './exit-code.ts';
import { failureText } from './failure-text.ts';
import { isBrokenPipe } from './output/stream.ts';
import { runCommandLine } from './run-command-line.ts';
import { stopSignal } from './signals.ts';

/** A reader that went away ends the process quietly; nothing else may end it in the middle of a write. */
function guardStreams(): void {
  process.stdout.on('error', (error) => {
    if (isBrokenPipe(error)) process.exit(0);
  });
  process.stderr.on('error', () => {});
}

let env: Env | undefined;

/** The environment as it was; the token then leaves it, so that no child can inherit it. */
async function takeEnv(): Promise<Env> {
  const { forgetEnv, readEnv } = await import('@cynodeai/runtime/config');
  env ??= { ...readEnv() };
  forgetEnv('CYNORK_TOKEN');
  return env;
}

/** Nothing may end with Node's own code 1: a defect is 8 like any other internal failure. Contract 05 section 2.2. */
function endAsDefect(error: unknown): never {
  process.stderr.write(`error: ${failureText(error)}\n`);
  process.exit(exitCodeOf(error));
}

/** Runs the command line on the process's own streams and ends with its exit code, every byte written. */
export async function runProcess(argv: readonly string[]): Promise<never> {
  guardStreams();
  process.on('uncaughtException', endAsDefect);
  process.on('unhandledRejection', endAsDefect);
  const io: ProcessIo = {
    env: takeEnv,
    // Opened by those who ask only.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stopSignal(),
  };
  process.exit(await runCommandLine(argv, io));
}
