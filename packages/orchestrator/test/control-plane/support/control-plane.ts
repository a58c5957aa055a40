import { registrationKey } from '@cynodeai/testing/doubles';
import { type ProcessScope, Shutdown } from '@cynodeai/runtime/lifecycle';
import {
  createTestDatabase,
  type MemoryLog,
  memoryLog,
  reservePort,
  temporaryDirectory,
  waitFor,
} from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import type { Kysely } from 'kysely';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import type { Database } from '../../../src/adapters/postgres/tables.ts';
import {
  type ControlPlaneOverrides,
  startControlPlane,
} from '../../../src/processes/control-plane.ts';

/** The key nodes register with. */
export const psk = registrationKey;

const entry = fileURLToPath(new URL('../../../src/processes/main.ts', import.meta.url));

/** The entry of the orchestrator as a process of its own. */
export function startEntry(args: readonly string[], env: Readonly<Record<string, string>>): Child {
  return Child.ofScript(entry, args, { env: { PATH: '/usr/bin:/bin', ...env } });
}

/** The role as a process of its own, serving. */
export async function spawnControlPlane(env: Readonly<Record<string, string>>): Promise<Child> {
  const child = startEntry(['control-plane'], env);
  await waitFor(async () => (await fetch(`${env['ORCHESTRATOR_PUBLIC_URL']}/healthz`)).ok, {
    what: 'the spawned control-plane',
  });
  return child;
}

/** A complete environment; every secret is drawn anew. */
export async function controlPlaneEnv(
  databaseUrl: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const port = await reservePort();
  return {
    DATABASE_URL: databaseUrl,
    JWT_SECRET: randomBytes(32).toString('hex'),
    NODE_REGISTRATION_PSK: psk,
    ORCHESTRATOR_SECRETS_KEY: randomBytes(32).toString('base64'),
    BOOTSTRAP_ADMIN_PASSWORD: 'a-long-enough-password',
    ORCHESTRATOR_PUBLIC_URL: `http://127.0.0.1:${port}`,
    CONTROL_PLANE_LISTEN_ADDR: `127.0.0.1:${port}`,
    DISPATCH_POLL_INTERVAL: '200ms',
    ...extra,
  };
}

export interface TestControlPlane extends AsyncDisposable {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly db: Kysely<Database>;
  readonly log: MemoryLog;
  /** Where what tasks have is kept. */
  readonly artifactDirectory: string;
  /** Stops it in order, as SIGTERM does. */
  stop(): Promise<boolean>;
}

/** Runs the role in this process. */
export async function runControlPlane(
  env: Readonly<Record<string, string>>,
  overrides: ControlPlaneOverrides = {},
): Promise<{ readonly log: MemoryLog; readonly stop: () => Promise<boolean> }> {
  const log = memoryLog();
  const abort = new AbortController();
  const shutdown = new Shutdown(log);
  const scope: ProcessScope = {
    signal: abort.signal,
    shutdown,
    log,
    fail: (reason) => log.error('failed', { reason }),
  };
  const stop = (): Promise<boolean> => {
    abort.abort();
    return shutdown.close();
  };
  try {
    await startControlPlane(env, scope, {
      registrationsPerMinute: 10_000,
      drainMs: 300,
      ...overrides,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { log, stop };
}

/** A control-plane on a database and with a folder of its own. */
export async function testControlPlane(
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly overrides?: ControlPlaneOverrides;
  } = {},
): Promise<TestControlPlane> {
  const database = await createTestDatabase();
  const artifacts = await temporaryDirectory();
  const env = await controlPlaneEnv(database.url, {
    ARTIFACT_STORAGE_DIR: artifacts.path,
    ...options.env,
  });
  const { log, stop } = await runControlPlane(env, options.overrides);
  const db = openDatabase({
    url: database.url,
    applicationName: 'test',
    // Tests write by the hundred at once, on busy machines.
    connectionTimeoutMs: 60_000,
    log,
  });
  return {
    url: env['ORCHESTRATOR_PUBLIC_URL'] ?? '',
    env,
    db,
    log,
    artifactDirectory: artifacts.path,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await db.destroy();
      await database.close();
      await artifacts.remove();
    },
  };
}
