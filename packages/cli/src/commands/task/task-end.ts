import { exitCodeOfJob, taskEndOf } from '@cynodeai/api-client/task-end';
import type { ShownResult } from '../../gateway/answers.ts';
import { streamsOf } from './print-result.ts';

/** What a job said last, where it said something. */
function lastLine(text: string): string {
  const tail = text.slice(-4096).trimEnd();
  return tail.slice(tail.lastIndexOf('\n') + 1).trim();
}

/** The exit code of `--exit-status`. See docs/reference/cli.md#exit-codes. */
export function exitStatusOf(result: ShownResult): number {
  return taskEndOf(result).exitCode;
}

/** Why a task failed, in one sentence; undefined for one that did not. */
export function reasonOf(result: ShownResult): string | undefined {
  if (result.status !== 'failed') return undefined;
  const { message } = taskEndOf(result);
  if (message !== undefined) return message;
  const said = lastLine(streamsOf(result).stderr);
  const last = said === '' ? '' : `; it said last: ${said}`;
  return `the job ended with exit code ${exitCodeOfJob(result)}${last}`;
}
