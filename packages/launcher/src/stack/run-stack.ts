import process from 'node:process';
import { join } from 'node:path';
import type { Env } from '@cynodeai/runtime/config';
import { sleep } from '@cynodeai/runtime/lifecycle';
import type { Log } from '@cynodeai/runtime/observe';
import type { Install } from '../install/install.ts';
import { accepts } from '../install/port-probe.ts';
import { openSecrets } from '../install/secrets.ts';
import { LauncherError } from '../launcher-error.ts';
import { checkoutStamp } from './checkout-stamp.ts';
import { logPath, rotateLog } from './log-file.ts';
import { writeNodeConfig } from './node-config.ts';
import { identityOf } from './process-identity.ts';
import { roleSpecs } from './role-specs.ts';
import { type RoleState, forgetStackState, roleNames, writeStackState } from './stack-state.ts';
import { superviseDatabase } from './supervise-database.ts';
import { type RoleSpec, superviseRole } from './supervise-role.ts';

/** A stack whose roles this process keeps running. */
export interface RunningStack {
  /** Stops node, orchestrator and database in this order and forgets the state; resolves when all are gone. */
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
/** The demo model listens within a fraction of this, ms. */
const modelStartMs = 10_000;

/** Keeps the file that tells others about the stack. */
function stateKeeper(install: Install): { update: (role: RoleState) => void } {
  const supervisor = identityOf(process.pid);
  if (supervisor === undefined) throw new LauncherError('stack', '/proc cannot be read');
  const roles = new Map<string, RoleState>();
  const fixed = {
    version: 1 as const,
    supervisor,
    stamp: checkoutStamp(install.checkout),
    startedAt: new Date().toISOString(),
    gatewayUrl: install.gatewayUrl,
    controlPlaneUrl: `http://127.0.0.1:${install.ports.controlPlane}`,
    workerUrl: `http://127.0.0.1:${install.ports.workerApi}`,
    inference: install.inference.path,
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
  const keeper = stateKeeper(install);
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
    Object.values(roleSpecs(install, openSecrets(install.paths), databaseUrl, env));
  const modelStarts = specs.some((spec) => spec.name === 'demo-model');
  const running = specs.map((spec) => {
    // A node that finds no model at its start reports that it has none.
    const port = modelStarts && spec.name === 'node' ? install.ports.demoModel : undefined;
    return superviseInBackground(spec, keeper.update, log, port);
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
  afterPort: number | undefined,
): { stop: () => Promise<void> } {
  const control = new AbortController();
  const { signal } = control;
  const ready = afterPort === undefined ? Promise.resolve() : untilAccepted(afterPort, signal);
  const done = ready.then(() => superviseRole(spec, { signal, onChange, log }));
  return {
    stop: () => {
      control.abort();
      return done;
    },
  };
}

/** Waits until a port is listened on, but not for long: what fails there is told by status. */
async function untilAccepted(port: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + modelStartMs;
  while (!signal.aborted && performance.now() < deadline) {
    if (await accepts(port)) return;
    await sleep(10, signal);
  }
}
