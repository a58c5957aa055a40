import process from 'node:process';
import { CliError, type CliErrorCode } from './cli-error.ts';
import { exitCodeOf } from './exit-code.ts';

const codes = {
  SIGINT: 'interrupted',
  SIGTERM: 'terminated',
  SIGHUP: 'hung_up',
} as const satisfies Record<string, CliErrorCode>;

/** A signal that fires once when the process is told to stop; told again, the process ends at once. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const [name, code] of Object.entries(codes)) {
    process.on(name, () => {
      const reason = new CliError(code, code);
      if (stop.signal.aborted) process.exit(exitCodeOf(reason));
      stop.abort(reason);
    });
  }
  return stop.signal;
}
