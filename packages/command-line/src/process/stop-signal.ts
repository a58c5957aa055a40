import process from 'node:process';
import { CommandError, type CommandErrorCode } from '../error/index.ts';

const codes = {
  SIGINT: 'interrupted',
  SIGTERM: 'terminated',
  SIGHUP: 'hung_up',
} as const satisfies Record<string, CommandErrorCode>;

/**
 * A signal that fires once, with a CommandError, when the process is told to stop; told again, the process ends at once.
 * @param exitCodeOf the program's exit code of such an error
 */
export function stopSignal(exitCodeOf: (error: CommandError) => number): AbortSignal {
  const stop = new AbortController();
  for (const [name, code] of Object.entries(codes)) {
    process.on(name, () => {
      const reason = new CommandError(code, code);
      // A terminal that is closed hangs up more than once, by its shell and by the kernel: that is nobody in a hurry.
      if (stop.signal.aborted && name !== 'SIGHUP') process.exit(exitCodeOf(reason));
      stop.abort(reason);
    });
  }
  return stop.signal;
}
