import type { RunJobResult } from '@cynodeai/contracts/common';
import { limits } from '@cynodeai/contracts/common';
import { storableText } from '@cynodeai/runtime/std';

/**
 * One line for `tasks.summary` of a raw task whose job a node ran.
 * See docs/reference/tasks-and-jobs.md#results.
 */
export function resultSummary(result: RunJobResult): string {
  if (result.status === 'timeout') return 'stopped at its time limit';
  return result.exit_code === undefined ? result.status : `exit code ${result.exit_code}`;
}

const head = (text: string): string => Array.from(text).slice(0, limits.summaryChars).join('');

/**
 * `tasks.summary` of an answered prompt: the beginning of the answer.
 * See docs/reference/tasks-and-jobs.md#results.
 */
export function answerSummary(answer: string): string {
  // No character takes more than two units, so the rest need not be split.
  return head(answer.slice(0, limits.summaryChars * 2));
}

/** One line for `tasks.summary` of a task whose job never got an answer. */
export function failureSummary(message: string): string {
  return head(storableText(message).replaceAll(/\s+/g, ' ').trim());
}
