import { writeText } from '@cynodeai/command-line/output';
import { runAsProcess } from '@cynodeai/command-line/process';
import process from 'node:process';
import { exitCodeOf } from '../base/exit-code.ts';
import { failureText } from '../base/failure-text.ts';
import { versionText } from '../base/version.ts';

/** The line that `cynork --version` prints. */
export function versionLine(): string {
  return `version=${versionText()}`;
}

/** `cynork --version` as a process of its own. */
export function printVersion(): Promise<never> {
  const print = async (): Promise<number> => {
    await writeText(process.stdout, `${versionLine()}\n`);
    return 0;
  };
  return runAsProcess(print, { exitCodeOf, textOf: (error) => `error: ${failureText(error)}` });
}
