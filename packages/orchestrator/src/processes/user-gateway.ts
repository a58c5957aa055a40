import type { ReadinessReason } from '@cynodeai/contracts';
import type { Env } from '@cynodeai/runtime/config';
import { createHttpServer } from '@cynodeai/runtime/http';
import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { type Clock, backoffMs, messageOf, systemClock } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { FileBlobs } from '../adapters/blobs/file-blobs.ts';
import {
  argonPasswords,
  hmacSeal,
  jwtAccessTokens,
  opaqueRefreshTokens,
} from '../adapters/crypto/user-tokens.ts';
import { problemOf } from '../adapters/http/problems.ts';
import {
  type UserGatewayParts,
  bindUserGateway,
} from '../adapters/http/user-gateway/bind-user-gateway.ts';
import { postgresGatewayAudit } from '../adapters/postgres/audit/gateway-audit.ts';
import { openDatabase } from '../adapters/postgres/database.ts';
import { postgresIdentityStore } from '../adapters/postgres/identity/identity-store.ts';
import { expectedSchemaVersion } from '../adapters/postgres/migrate.ts';
import { NotificationListener } from '../adapters/postgres/notifications.ts';
import { postgresProjectStore } from '../adapters/postgres/projects/project-store.ts';
import { postgresReadinessProbe } from '../adapters/postgres/readiness/readiness-probe.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { postgresIdempotencyKeys } from '../adapters/postgres/tasks/idempotency-keys.ts';
import { postgresTaskReader } from '../adapters/postgres/tasks/task-reader.ts';
import { postgresTaskSignals } from '../adapters/postgres/tasks/task-signals.ts';
import { postgresTransactTasks } from '../adapters/postgres/tasks/transact-tasks.ts';
import { readinessCheck } from '../app/readiness/check-readiness.ts';
import { AuditQueue } from '../app/audit/audit-queue.ts';
import { loginsPerHandlePerMinute } from '../app/auth/login.ts';
import { SlidingWindow } from '../domain/identity/sliding-window.ts';
import { type UserGatewayConfig, userGatewayConfig } from './user-gateway-config.ts';

const applicationName = 'cynode-user-gateway';
const apiVersion = '0.1.0';
const sweepEveryMs = 15 * 60_000;

/** What tests and other compositions may put in place of the real thing. */
export interface UserGatewayOverrides {
  readonly clock?: Clock;
  /** Pause between sweeps of expired idempotency keys, ms. */
  readonly sweepEveryMs?: number;
  /** Why the orchestrator cannot take work; empty when it can. */
  readonly readiness?: () => Promise<readonly ReadinessReason[]>;
}

export interface RunningUserGateway {
  /** The port in use. */
  readonly port: number;
}

/** A database that is away at start is no reason to stop: waiters look again by themselves meanwhile. */
async function startListening(listener: NotificationListener, scope: ProcessScope): Promise<void> {
  for (let attempt = 1; !scope.signal.aborted; attempt += 1) {
    try {
      return await listener.start();
    } catch (error) {
      scope.log.warn('notification connection failed', { attempt, error: messageOf(error) });
      const delay = { firstMs: 200, maxMs: 5000, jitter: 0.3 };
      await sleep(backoffMs(attempt, Math.random(), delay), scope.signal);
    }
  }
}

/** Judged from stored state; the schema must be the one this code was written for. Contract 01 section 1.3. */
async function readinessOf(
  db: Kysely<Database>,
  config: UserGatewayConfig,
): Promise<() => Promise<readonly ReadinessReason[]>> {
  const expectedVersion = await expectedSchemaVersion(config.migrationsDirectory);
  return readinessCheck({ probe: postgresReadinessProbe(db, { expectedVersion }), sleep });
}

async function partsOf(
  config: UserGatewayConfig,
  db: Kysely<Database>,
  listener: NotificationListener,
  scope: ProcessScope,
  overrides: UserGatewayOverrides,
): Promise<UserGatewayParts> {
  const clock = overrides.clock ?? systemClock;
  const tasks = postgresTaskReader(db);
  return {
    version: apiVersion,
    auth: {
      identity: postgresIdentityStore(db),
      passwords: argonPasswords,
      accessTokens: jwtAccessTokens(config.jwtKey),
      refreshTokens: opaqueRefreshTokens,
      handleLimit: new SlidingWindow(loginsPerHandlePerMinute),
      lifetimes: { accessMs: config.accessMs, refreshMs: config.refreshMs },
      clock,
    },
    byAddress: new SlidingWindow(config.loginsPerAddressPerMinute),
    creation: {
      transact: postgresTransactTasks(db),
      blobs: new FileBlobs(config.artifactDirectory),
      tasks,
      idempotency: postgresIdempotencyKeys(db),
      clock,
    },
    listing: { tasks, projects: postgresProjectStore(db), seal: hmacSeal(config.jwtKey) },
    tasks,
    signals: postgresTaskSignals(listener),
    auditQueue: new AuditQueue(postgresGatewayAudit(db), scope.log),
    readiness: overrides.readiness ?? (await readinessOf(db, config)),
    stopping: scope.signal,
  };
}

/** Kept answers hold whole tasks, so they go soon after their day. */
function sweepIdempotencyKeys(parts: UserGatewayParts, everyMs: number, scope: ProcessScope): void {
  const { idempotency, clock } = parts.creation;
  const sweep = async (): Promise<void> => {
    try {
      const removed = await idempotency.removeExpired(clock.now());
      if (removed > 0) scope.log.info('expired idempotency keys removed', { removed });
    } catch (error) {
      scope.log.warn('idempotency keys could not be swept', { error: messageOf(error) });
    }
  };
  const timer = setInterval(() => void sweep(), everyMs);
  scope.shutdown.add('stop sweeping', () => clearInterval(timer));
}

/**
 * Starts the User API Gateway: it reads and writes through the database, never migrates it, and calls no node.
 * Everything it opens is closed by `scope.shutdown`. Contract 04 section 1, 01 section 1.3.
 * @throws ConfigError for an unusable environment.
 */
export async function startUserGateway(
  env: Env,
  scope: ProcessScope,
  overrides: UserGatewayOverrides = {},
): Promise<RunningUserGateway> {
  const config = userGatewayConfig(env);
  const { log, shutdown } = scope;
  const db = openDatabase({ url: config.databaseUrl.reveal(), applicationName, log });
  shutdown.add('close database', () => db.destroy());
  const listener = new NotificationListener({
    url: config.databaseUrl.reveal(),
    applicationName,
    log,
  });
  shutdown.add('close notifications', () => listener.close());
  const listening = startListening(listener, scope);
  const parts = await partsOf(config, db, listener, scope, overrides);
  sweepIdempotencyKeys(parts, overrides.sweepEveryMs ?? sweepEveryMs, scope);
  shutdown.add('write audit rows', () => parts.auditQueue.close());
  const server = await createHttpServer({
    log,
    readTimeoutMs: config.readTimeoutMs,
    writeTimeoutMs: config.writeTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    maxHeaderBytes: config.maxHeaderBytes,
    maxBodyBytes: config.maxBodyBytes,
    trustedProxies: config.trustedProxies,
    mapError: problemOf,
  });
  bindUserGateway(server, parts);
  shutdown.add('close user gateway', () => server.close(), 30_000);
  const port = await server.listen(config.listen);
  log.info('user gateway listens', { host: config.listen.host, port });
  await Promise.race([listening, sleep(1000, scope.signal)]);
  return { port };
}
