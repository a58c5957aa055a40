import { taskExitCodes } from '@cynodeai/api-client/task-end';
import { CodedError } from '@cynodeai/runtime/std';
import { isInterruption } from './launcher-error.ts';

/** Exit codes that are not a job's own. */
export const exitCodes = { ...taskExitCodes, usage: 2 } as const;

/** The exit code of anything that ended a command: whatever was wrong in its words is a usage error. */
export function exitCodeOf(error: unknown): number {
  if (isInterruption(error)) return exitCodes.interrupted;
  return error instanceof CodedError && error.code === 'usage' ? exitCodes.usage : exitCodes.fault;
}
