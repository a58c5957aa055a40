import type { RunJobResult } from '@cynodeai/contracts';
import { limits } from '@cynodeai/contracts/common';
import { storableText } from '@cynodeai/runtime/std';

/** One line for `tasks.summary` of a raw task whose job a node ran. Contract 01 section 4.5. */
export function resultSummary(result: RunJobResult): string {
  if (result.status === 'timeout') return 'stopped at its time limit';
  return result.exit_code === undefined ? result.status : `exit code ${result.exit_code}`;
}

/** One line for `tasks.summary` of a task whose job never got an answer. */
export function failureSummary(message: string): string {
  const line = storableText(message).replaceAll(/\s+/g, ' ').trim();
  return Array.from(line).slice(0, limits.summaryChars).join('');
}
