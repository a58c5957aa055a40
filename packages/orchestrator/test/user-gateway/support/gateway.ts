import { Secret } from '@cynodeai/runtime/config';
import { Shutdown } from '@cynodeai/runtime/lifecycle';
import {
  FakeClock,
  type MemoryLog,
  createTestDatabase,
  memoryLog,
  temporaryDirectory,
} from '@cynodeai/testing';
import type { ReadinessReason } from '@cynodeai/contracts/common';
import type { Clock } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { startUserGateway } from '../../../src/processes/user-gateway.ts';
import type { DiskSpace } from '../../../src/ports/disk-space.ts';
import { secretVault } from '../../../src/adapters/crypto/job-secrets.ts';
import { tellPublicKey } from '../../../src/adapters/postgres/secrets/public-key.ts';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import type { Database } from '../../../src/adapters/postgres/tables.ts';

/** A gateway in this process, served over real HTTP from a database of its own. */
export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly db: Kysely<Database>;
  readonly databaseUrl: string;
  readonly clock: FakeClock;
  readonly log: MemoryLog;
  readonly artifactDirectory: string;
  /** Ends the server as a stop signal would; the database stays until disposal. */
  stop(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly readiness?: () => Promise<readonly ReadinessReason[]>;
  /** The real one unless told. */
  readonly disk?: DiskSpace;
  /** Pause between sweeps of any kind, ms; 50 unless told. */
  readonly sweepEveryMs?: number;
  /** Another gateway whose database, folder of blobs and clock this one shares; dispose this one first. */
  readonly beside?: TestGateway;
}

export const testKey = 'k9Jw2x0Qm7vT4bLr8sZp3nYc6dHf1gEa5uXo';

/** The role in this process. */
export interface ServedGateway extends AsyncDisposable {
  readonly url: string;
  readonly log: MemoryLog;
}

async function serve(
  env: Readonly<Record<string, string>>,
  overrides: Parameters<typeof startUserGateway>[2],
): Promise<ServedGateway> {
  const log = memoryLog();
  const stop = new AbortController();
  const shutdown = new Shutdown(log);
  const all = { JWT_SECRET: testKey, USER_GATEWAY_LISTEN_ADDR: '127.0.0.1:0', ...env };
  const scope = { signal: stop.signal, shutdown, log, fail: () => {} };
  const { port } = await startUserGateway(all, scope, overrides);
  return {
    url: `http://127.0.0.1:${port}`,
    log,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      if (!(await shutdown.close()))
        throw new Error(`the gateway did not stop cleanly: ${log.text()}`);
    },
  };
}

/** One on a database of somebody else, with its own look at readiness. */
export async function gatewayOn(databaseUrl: string): Promise<ServedGateway> {
  const directory = await temporaryDirectory();
  const env = { DATABASE_URL: databaseUrl, ARTIFACT_STORAGE_DIR: directory.path };
  const served = await serve(env, undefined);
  return {
    ...served,
    [Symbol.asyncDispose]: async () => {
      await served[Symbol.asyncDispose]();
      await directory.remove();
    },
  };
}

/** Starts one; a user limit of logins high enough for tests unless `env` says otherwise. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { beside } = options;
  const database = beside === undefined ? await createTestDatabase() : undefined;
  const directory = await temporaryDirectory();
  const databaseUrl = database?.url ?? beside?.databaseUrl ?? '';
  const artifactDirectory = beside?.artifactDirectory ?? `${directory.path}/artifacts`;
  const clock = beside?.clock ?? new FakeClock(new Date());
  const served = await serve(
    {
      DATABASE_URL: databaseUrl,
      RATE_LIMIT_PER_MINUTE: '100000',
      ARTIFACT_STORAGE_DIR: artifactDirectory,
      ...options.env,
    },
    {
      clock: options.clock ?? clock,
      readiness: options.readiness ?? (async () => []),
      ...(options.disk && { disk: options.disk }),
      sweepEveryMs: options.sweepEveryMs ?? 50,
    },
  );
  const { url, log } = served;
  const db = openDatabase({ url: databaseUrl, applicationName: 'test', log });
  // As a control plane does when it starts.
  await tellPublicKey(db, secretVault(new Secret('k'.repeat(32))).publicKey);
  const stop = async (): Promise<void> => {
    await served[Symbol.asyncDispose]();
  };
  return {
    url,
    db,
    databaseUrl,
    clock,
    log,
    artifactDirectory,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await db.destroy();
      await database?.close();
      await directory.remove();
    },
  };
}
