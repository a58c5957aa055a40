import { once } from 'node:events';
import process from 'node:process';
import { ConfigError } from '../config/env.ts';
import type { Log } from '../observe/log.ts';
import { messageOf } from '../std/index.ts';
import { releaseStartMemory } from './release-start-memory.ts';
import { Shutdown } from './shutdown.ts';

/** Exit code of a process whose environment or configuration cannot be used (EX_CONFIG). */
export const exitCodeConfig = 78;

/** What a running process hands to its main function. */
export interface ProcessScope {
  /** Fires on SIGTERM, SIGINT or when `fail` is called. */
  readonly signal: AbortSignal;
  readonly shutdown: Shutdown;
  readonly log: Log;
  /** Ends the process in order with a non-zero exit code. */
  fail(reason: string): void;
}

/**
 * Runs a server process: starts it, waits for SIGTERM or SIGINT, undoes everything in order and exits.
 * Exit code 0 after a clean stop, 78 for bad configuration, 1 for any other failure.
 */
export async function runMain(
  log: Log,
  start: (scope: ProcessScope) => Promise<void>,
): Promise<never> {
  const stop = new AbortController();
  const shutdown = new Shutdown(log);
  let code = 0;
  const fail = (reason: string): void => {
    log.error('process is stopping after a failure', { reason });
    code = 1;
    stop.abort();
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      log.info('stop requested', { signal: name });
      stop.abort();
    });
  }
  process.on('unhandledRejection', (error) => fail(`unhandled rejection: ${messageOf(error)}`));
  try {
    await start({ signal: stop.signal, shutdown, log, fail });
    releaseStartMemory();
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
  } catch (error) {
    if (!stop.signal.aborted) {
      const config = error instanceof ConfigError;
      log.error(config ? 'configuration cannot be used' : 'process failed', {
        reason: messageOf(error),
      });
      code = config ? exitCodeConfig : 1;
    }
    stop.abort();
  }
  const clean = await shutdown.close();
  process.exit(code === 0 && !clean ? 1 : code);
}
