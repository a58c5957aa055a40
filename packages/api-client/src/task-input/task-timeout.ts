import { jobTimeouts } from '@cynodeai/contracts/common';
import { parseDurationMs } from '@cynodeai/runtime/std';
import { TaskInputError } from './task-input-error.ts';

/**
 * Seconds of a time limit such as `90s`, `15m`, `1h` or `90`: whole seconds from 1 s to 3 h.
 * @throws TaskInputError for anything else. See docs/reference/worker-api.md#time-limits.
 */
export function parseTimeoutSeconds(text: string): number {
  const ms = parseDurationMs(text, { bareUnit: 's' });
  const seconds = (ms ?? 0) / 1000;
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= jobTimeouts.maxSeconds) {
    return seconds;
  }
  throw new TaskInputError(
    `${JSON.stringify(text)} is no time limit; give one in whole seconds from 1s to ${jobTimeouts.maxSeconds / 3600}h, such as 90s, 15m or 1h`,
  );
}
