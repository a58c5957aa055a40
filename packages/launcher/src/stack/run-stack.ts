import process from 'node:process';
import { join } from 'node:path';
import type { Env } from '@cynodeai/runtime/config';
import type { Log } from '@cynodeai/runtime/observe';
import type { Install } from '../install/install.ts';
import { openSecrets } from '../install/secrets.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { urlOf } from '../roles/decisions.ts';
import { variableMarks } from '../roles/environment.ts';
import { roleNames } from '../roles/table.ts';
import { checkoutStamp } from '../install/checkout-stamp.ts';
import { logPath, rotateLog } from '../machine/log-file.ts';
import { writeNodeConfig } from './node-config.ts';
import { identityOf } from '../machine/process-identity.ts';
import { neededPorts, untilAccepted } from './needed-ports.ts';
import { roleSpecs } from './role-specs.ts';
import { type RoleState, forgetStackState, writeStackState } from './stack-state.ts';
import { superviseDatabase } from './supervise-database.ts';
import { type RoleSpec, superviseRole } from './supervise-role.ts';

/** A stack whose roles this process keeps running. */
export interface RunningStack {
  /** Stops the processes, last started first, then the database, and forgets the state; resolves when all are gone. */
  stop(): Promise<void>;
}

export interface RunStackOptions {
  readonly install: Install;
  readonly env: Env;
  readonly log: Log;
  /** Gives up starting. */
  readonly signal: AbortSignal;
  /** Instead of the real role processes, for tests. */
  readonly specs?: (databaseUrl: string) => readonly RoleSpec[];
}

const rotateEveryMs = 30_000;

/** Keeps the file that tells others about the stack. */
function stateKeeper(install: Install, env: Env): { update: (role: RoleState) => void } {
  const supervisor = identityOf(process.pid);
  if (supervisor === undefined) throw new LauncherError('stack', '/proc cannot be read');
  const roles = new Map<string, RoleState>();
  const fixed = {
    version: 1 as const,
    supervisor,
    stamp: checkoutStamp(install.checkout),
    startedAt: new Date().toISOString(),
    gatewayUrl: install.gatewayUrl,
    controlPlaneUrl: urlOf('controlPlane')(install),
    workerUrl: urlOf('workerApi')(install),
    inference: install.inference.path,
    variables: variableMarks(install, env),
  };
  const save = (): void =>
    writeStackState(install.paths.state, {
      ...fixed,
      roles: roleNames.flatMap((name) => roles.get(name) ?? []),
    });
  save();
  return {
    update: (role) => {
      roles.set(role.name, role);
      save();
    },
  };
}

/**
 * Starts the database, then the other roles side by side, and keeps them running until `stop`.
 * @throws PostgresError when the database does not start.
 */
export async function runStack(options: RunStackOptions): Promise<RunningStack> {
  const { install, env, log } = options;
  const keeper = stateKeeper(install, env);
  const external = env['DATABASE_URL'];
  const database = external
    ? undefined
    : await superviseDatabase({
        dataDir: install.paths.postgres,
        socketDir: join(install.runDir, 'pg'),
        signal: options.signal,
        onChange: keeper.update,
        log,
      });
  const databaseUrl = external || database?.url || '';
  writeNodeConfig(install);
  const specs =
    options.specs?.(databaseUrl) ??
    roleSpecs(install, openSecrets(install.paths), databaseUrl, env);
  const starting = specs.map((spec) => spec.name);
  const running = specs.map((spec) => {
    return superviseInBackground(
      spec,
      keeper.update,
      log,
      neededPorts(spec.name, starting, install),
    );
  });
  const logs = [...specs.map((spec) => spec.logPath), logPath(install.paths.logs, 'supervisor')];
  const rotation = setInterval(() => logs.forEach((path) => rotateLog(path)), rotateEveryMs);
  return {
    stop: async () => {
      clearInterval(rotation);
      for (const role of running.toReversed()) await role.stop();
      await database?.stop();
      forgetStackState(install.paths.state);
    },
  };
}

function superviseInBackground(
  spec: RoleSpec,
  onChange: (state: RoleState) => void,
  log: Log,
  afterPorts: readonly number[],
): { stop: () => Promise<void> } {
  const control = new AbortController();
  const { signal } = control;
  const done = untilAccepted(afterPorts, signal).then(() =>
    superviseRole(spec, { signal, onChange, log }),
  );
  return {
    stop: () => {
      control.abort();
      return done;
    },
  };
}
