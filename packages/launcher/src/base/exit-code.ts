import { CodedError } from '@cynodeai/runtime/std';
import { exitCodes } from '../domain/exit-codes.ts';
import { isInterruption } from './launcher-error.ts';

/** The exit code of anything that ended a command: whatever was wrong in its words is a usage error. */
export function exitCodeOf(error: unknown): number {
  if (isInterruption(error)) return exitCodes.interrupted;
  return error instanceof CodedError && error.code === 'usage' ? exitCodes.usage : exitCodes.fault;
}
