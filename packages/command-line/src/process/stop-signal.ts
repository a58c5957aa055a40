import process from 'node:process';
import { CommandError, type CommandErrorCode } from '../error/index.ts';
import { onClosedTerminal } from './closed-terminal.ts';

const codes = {
  SIGINT: 'interrupted',
  SIGTERM: 'terminated',
  SIGHUP: 'hung_up',
} as const satisfies Record<string, CommandErrorCode>;

const fromPeople = ['SIGINT', 'SIGTERM'] as const;

/** From here on a stop ends the process as it is; for one that has nothing to undo and is about to become another. */
export function dropStopSignals(): void {
  for (const name of fromPeople) process.removeAllListeners(name);
}

/**
 * A signal that fires once, with a CommandError, when the process is told to stop or its terminal is closed; told
 * again, the process ends at once.
 * @param exitCodeOf the program's exit code of such an error
 * @param hangsUp false: a hang-up is to be ignored, as under nohup
 */
export function stopSignal(
  exitCodeOf: (error: CommandError) => number,
  hangsUp = true,
): AbortSignal {
  const stop = new AbortController();
  for (const name of fromPeople) {
    process.on(name, () => {
      const reason = new CommandError(codes[name], codes[name]);
      if (stop.signal.aborted) process.exit(exitCodeOf(reason));
      stop.abort(reason);
    });
  }
  // A terminal that is closed hangs up more than once, by its shell and by the kernel: that is nobody in a hurry.
  const hangUp = (): void => {
    if (hangsUp) stop.abort(new CommandError(codes.SIGHUP, codes.SIGHUP));
  };
  process.on('SIGHUP', hangUp);
  onClosedTerminal(hangUp);
  return stop.signal;
}
