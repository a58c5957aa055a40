import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Log } from '@cynodeai/runtime/observe';
import { backoffMs, messageOf } from '@cynodeai/runtime/std';
import { type PostgresServer, startPostgres } from '../postgres/index.ts';
import { identityOf } from '../machine/process-identity.ts';
import type { RoleState } from './stack-state.ts';

export interface DatabaseDeps {
  readonly dataDir: string;
  readonly socketDir: string;
  readonly signal: AbortSignal;
  readonly onChange: (state: RoleState) => void;
  readonly log: Log;
}

/** A database server that is started again when it ends. */
export interface SupervisedDatabase {
  readonly url: string;
  /** Ends the server; resolves once it is gone. */
  stop(): Promise<void>;
}

const lookMs = 500;
const backoff = { firstMs: 200, maxMs: 15_000, jitter: 0.2 } as const;

/** Starts the embedded server, or adopts a running one, and keeps it running. @throws PostgresError at the first start. */
export async function superviseDatabase(deps: DatabaseDeps): Promise<SupervisedDatabase> {
  let restarts = 0;
  let failures = 0;
  const tell = (phase: RoleState['phase'], pid?: number): void => {
    const process = pid === undefined ? undefined : identityOf(pid);
    deps.onChange({
      name: 'postgres',
      phase,
      ...(process && { process }),
      since: new Date().toISOString(),
      restarts,
      failuresInARow: failures,
    });
  };
  const start = async (): Promise<PostgresServer> => {
    const { dataDir, socketDir, signal } = deps;
    const server = await startPostgres({ dataDir, socketDir, signal });
    tell('running', server.pid);
    return server;
  };
  let server = await start();
  const stopped = new AbortController();
  const watch = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await sleep(lookMs, stopped.signal);
      if (stopped.signal.aborted || server.isRunning()) continue;
      restarts += 1;
      deps.log.warn('the database server ended and will be restarted', { restarts });
      tell('restarting');
      try {
        server = await start();
        failures = 0;
      } catch (error) {
        failures += 1;
        deps.log.error('the database server cannot be restarted', { reason: messageOf(error) });
        await sleep(backoffMs(failures, Math.random(), backoff), stopped.signal);
      }
    }
  };
  const watching = watch();
  return {
    url: server.url(),
    stop: async () => {
      stopped.abort();
      await watching;
      await server.stop();
      tell('stopped');
    },
  };
}
