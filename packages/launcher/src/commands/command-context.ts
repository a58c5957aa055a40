import process from 'node:process';
import { type Env, readEnv } from '@cynodeai/runtime/config';
import { LauncherError, exitCodes } from '../launcher-error.ts';

/** What a command gets from the outside. */
export interface CommandContext {
  readonly env: Env;
  /** Fires on the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** The context of this process; a second Ctrl-C leaves at once. */
export function commandContext(): CommandContext {
  const control = new AbortController();
  const interrupt = (): void => {
    if (control.signal.aborted) process.exit(exitCodes.interrupted);
    control.abort(new LauncherError('interrupted', 'interrupted'));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  return { env: readEnv(), signal: control.signal };
}
