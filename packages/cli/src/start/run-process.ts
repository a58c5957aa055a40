import { runAsProcess } from '@cynodeai/command-line/process';
import type { Env } from '@cynodeai/runtime/config';
import process from 'node:process';
import { exitCodeOf } from '../base/exit-code.ts';
import { failureText } from '../base/failure-text.ts';
import { runCommandLine } from './run-command-line.ts';

let env: Env | undefined;

/** The environment as it was; the token then leaves it, so that no child can inherit it. */
async function takeEnv(): Promise<Env> {
  const { forgetEnv, readEnv } = await import('@cynodeai/runtime/config');
  env ??= { ...readEnv() };
  forgetEnv('CYNORK_TOKEN');
  return env;
}

/**
 * Runs the command line on the process's own streams and ends with its exit code.
 * See docs/reference/cli.md#exit-codes.
 */
export function runProcess(argv: readonly string[]): Promise<never> {
  const run = (stop: () => AbortSignal): Promise<number> =>
    runCommandLine(argv, {
      env: takeEnv,
      // Opened by those who ask only.
      get stdin() {
        return process.stdin;
      },
      stdout: process.stdout,
      stderr: process.stderr,
      signal: stop(),
    });
  return runAsProcess(run, { exitCodeOf, textOf: (error) => `error: ${failureText(error)}` });
}
