import { isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import { at } from '@cynodeai/runtime/std';
import type { ShownResult } from '../../gateway/answers.ts';
import { streamsOf } from './print-result.ts';

/** The codes of `timeout` and `cynode run`. See docs/reference/cli.md#exit-codes. */
const codes = { timeout: 124, fault: 125, canceled: 130 } as const;

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** What is known of the last job beside its streams. */
function lastJob({ jobs }: ShownResult) {
  const { result } = jobs.at(-1) ?? {};
  return { isTimeout: result?.status === 'timeout', error: textOf(at(result, 'error_message')) };
}

/** The exit code of `--exit-status`: that of the job where it ran, 0 while the task goes on. */
export function exitStatusOf(result: ShownResult): number {
  if (!isTerminalTaskStatus(result.status)) return 0;
  if (result.status === 'canceled' || result.status === 'superseded') return codes.canceled;
  const { isTimeout, error } = lastJob(result);
  if (isTimeout) return codes.timeout;
  const { exit_code: code } = streamsOf(result);
  if (error !== undefined || code === undefined) {
    return result.status === 'completed' ? 0 : codes.fault;
  }
  if (code === 0) return result.status === 'completed' ? 0 : 1;
  return code > 0 && code <= 255 ? code : 1;
}

/** What a job said last, where it said something. */
function lastLine(text: string): string | undefined {
  const tail = text.slice(-4096).trimEnd();
  return textOf(tail.slice(tail.lastIndexOf('\n') + 1).trim());
}

/** Why a task failed, in one sentence; undefined for one that did not. */
export function reasonOf(result: ShownResult): string | undefined {
  if (result.status !== 'failed') return undefined;
  const { isTimeout, error } = lastJob(result);
  if (isTimeout) return 'the job ran out of time and was stopped';
  if (error !== undefined) return error;
  const { stderr, exit_code: code } = streamsOf(result);
  if (code === undefined) return result.summary ?? 'it ended without a result';
  const said = lastLine(stderr);
  return `the job ended with exit code ${code}${said === undefined ? '' : `; it said last: ${said}`}`;
}
