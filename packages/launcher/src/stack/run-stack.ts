import { join } from 'node:path';
import { demandedDatabase, keepDatabase } from '../install/database-choice.ts';
import type { Install } from '../install/install.ts';
import { logPath, rotateLog } from '../machine/log-file.ts';
import { keepCertificates } from './keep-certificates.ts';
import { placePorts } from './place-ports.ts';
import { PlacedRoles, type RoleOptions } from './placed-roles.ts';
import { stateKeeper } from './state-keeper.ts';
import { superviseDatabase } from './supervise-database.ts';

/** A stack whose roles this process keeps running. */
export interface RunningStack {
  /** Stops the processes, last started first, then the database, and forgets the state; resolves when all are gone. */
  stop(): Promise<void>;
}

export interface RunStackOptions extends RoleOptions {
  readonly install: Install;
  /** Gives up starting. */
  readonly signal: AbortSignal;
}

const rotateEveryMs = 30_000;

/**
 * Claims its ports, starts the database, then the other roles side by side, and keeps them running until `stop`.
 * @throws PostgresError when the database does not start; LauncherError `port_busy`
 */
export async function runStack(options: RunStackOptions): Promise<RunningStack> {
  const { env, log } = options;
  const placed = await placePorts(options.install);
  const { install } = placed;
  // Before the doors that show them.
  const endCertificates = keepCertificates(install, log);
  const keeper = stateKeeper(install, env, log);
  const external = demandedDatabase(install.paths, env);
  keepDatabase(install.paths, external);
  const database = external
    ? undefined
    : await superviseDatabase({
        dataDir: install.paths.postgres,
        socketDir: join(install.runDir, 'pg'),
        signal: options.signal,
        onChange: keeper.update,
        log,
      });
  const roles = new PlacedRoles(placed, external?.reveal() ?? database?.url ?? '', options, keeper);
  const logs = [
    ...roles.specs.map((spec) => spec.logPath),
    logPath(install.paths.logs, 'supervisor'),
  ];
  const rotation = setInterval(() => logs.forEach((path) => rotateLog(path)), rotateEveryMs);
  return {
    stop: async () => {
      clearInterval(rotation);
      endCertificates();
      await roles.stop();
      await database?.stop();
      keeper.forget();
    },
  };
}
