import { CodedError } from '@cynodeai/runtime/std';
import type { CliErrorCode } from './cli-error.ts';

/**
 * The one place where failures become exit codes. See docs/reference/cli.md#exit-codes
 * (REQ-CLIENT-0145, REQ-CLIENT-0156).
 */
const exitCodes: Readonly<Record<CliErrorCode, number>> = {
  usage: 2,
  auth: 3,
  not_found: 4,
  conflict: 5,
  validation: 6,
  gateway: 7,
  internal: 8,
  hung_up: 129,
  interrupted: 130,
  terminated: 143,
};

/** Exit code of anything thrown; what is not a known failure is a defect of ours: 8. */
export function exitCodeOf(error: unknown): number {
  const code = error instanceof CodedError ? String(error.code) : 'internal';
  return Object.entries(exitCodes).find(([name]) => name === code)?.[1] ?? exitCodes.internal;
}

/** True for failures that the user caused by a signal and needs no words about. */
export function isSignal(error: unknown): boolean {
  return exitCodeOf(error) > 128;
}
