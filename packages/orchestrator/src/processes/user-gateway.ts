import type { ReadinessReason } from '@cynodeai/contracts/common';
import type { Env } from '@cynodeai/runtime/config';
import { createHttpServer } from '@cynodeai/runtime/http';
import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { diskMetrics } from '@cynodeai/runtime/observe';
import { type Clock, systemClock } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { checkTar } from '../adapters/archives/check-archive.ts';
import { postgresArtifactReader } from '../adapters/postgres/artifacts/artifact-reader.ts';
import { sealSecret } from '../adapters/crypto/job-secrets.ts';
import {
  argonPasswords,
  hmacBody,
  hmacSeal,
  jwtAccessTokens,
  opaqueRefreshTokens,
} from '../adapters/crypto/user-tokens.ts';
import { randomJoinSecrets } from '../adapters/crypto/join-secrets.ts';
import { watchedDisks } from '../adapters/disk/watched-disks.ts';
import { problemOf } from '../adapters/http/problems.ts';
import {
  type BindResource,
  type UserGatewayParts,
  bindUserGateway,
} from '../adapters/http/user-gateway/bind-user-gateway.ts';
import {
  type FolderParts,
  bindFolders,
} from '../adapters/http/user-gateway/folders/bind-folders.ts';
import { bindNodes } from '../adapters/http/user-gateway/nodes/bind-nodes.ts';
import { bindRoleBindings } from '../adapters/http/user-gateway/role-bindings/bind-role-bindings.ts';
import { bindSecrets } from '../adapters/http/user-gateway/secrets/bind-secrets.ts';
import { bindSettings } from '../adapters/http/user-gateway/settings/bind-settings.ts';
import { type UserParts, bindUsers } from '../adapters/http/user-gateway/users/bind-users.ts';
import { bindAudit } from '../adapters/http/user-gateway/audit/bind-audit.ts';
import { postgresAuditEvents } from '../adapters/postgres/audit/audit-events.ts';
import { bindWorkspaces } from '../adapters/http/user-gateway/workspaces/bind-workspaces.ts';
import { postgresGatewayAudit } from '../adapters/postgres/audit/gateway-audit.ts';
import { openDatabase } from '../adapters/postgres/database.ts';
import { postgresFolders } from '../adapters/postgres/folders/folders.ts';
import { postgresAttemptCounter } from '../adapters/postgres/identity/attempt-counter.ts';
import { postgresIdentityStore } from '../adapters/postgres/identity/identity-store.ts';
import {
  postgresRoleBindingReader,
  postgresTransactRoleBindings,
} from '../adapters/postgres/identity/role-bindings/transact-role-bindings.ts';
import { postgresTransactUsers } from '../adapters/postgres/identity/users/transact-users.ts';
import { postgresUserReader } from '../adapters/postgres/identity/users/user-reader.ts';
import { expectedSchemaVersion } from '../adapters/postgres/migrate.ts';
import { NotificationListener } from '../adapters/postgres/notifications.ts';
import { postgresNodeReader } from '../adapters/postgres/nodes/node-reader.ts';
import { postgresTransactNodes } from '../adapters/postgres/nodes/transact-nodes.ts';
import { postgresProjectStore } from '../adapters/postgres/projects/project-store.ts';
import { postgresReadinessProbe } from '../adapters/postgres/readiness/readiness-probe.ts';
import {
  postgresSecretReader,
  postgresTransactSecrets,
} from '../adapters/postgres/secrets/secret-store.ts';
import { postgresSettingReader } from '../adapters/postgres/settings/setting-reader.ts';
import { postgresTransactSettings } from '../adapters/postgres/settings/transact-settings.ts';
import {
  postgresTransactWorkspaces,
  postgresWorkspaceReader,
} from '../adapters/postgres/workspaces/workspace-store.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { postgresCallerTasks } from '../adapters/postgres/tasks/caller-tasks.ts';
import { watchedSetting } from '../adapters/postgres/settings/watched-setting.ts';
import { createTask } from '../adapters/postgres/tasks/create-task.ts';
import { postgresIdempotencyKeys } from '../adapters/postgres/tasks/idempotency-keys.ts';
import { postgresStoredInputs } from '../adapters/postgres/tasks/stored-inputs.ts';
import { postgresTaskReader } from '../adapters/postgres/tasks/task-reader.ts';
import { postgresTaskSignals } from '../adapters/postgres/tasks/task-signals.ts';
import { postgresTransactTasks } from '../adapters/postgres/tasks/transact-tasks.ts';
import type { DiskSpace } from '../ports/disk-space.ts';
import { readinessCheck } from '../app/readiness/check-readiness.ts';
import { promptsSettingKey } from '../domain/workflow/workflow-settings.ts';
import type { ContentStore, ContentStoreDeps } from '../app/blobs/content-store.ts';
import { AuditQueue } from '../app/audit/audit-queue.ts';
import { TaskNumbers } from '../app/tasks/name-task.ts';
import { sweepBlobs } from '../app/blobs/sweep-blobs.ts';
import { countRefusals } from './counted-refusals.ts';
import { type UserGatewayConfig, userGatewayConfig } from './user-gateway-config.ts';
import { listenTls } from './listen-tls.ts';
import { startListening } from './start-listening.ts';
import { openContent } from './open-content.ts';
import { type Sweep, startSweeps } from './sweeps.ts';

const applicationName = 'cynode-user-gateway';
const apiVersion = '0.1.0';
const sweepEveryMs = 60_000;
const blobSweepEveryMs = 15 * 60_000;

/** What tests and other compositions may put in place of the real thing. */
export interface UserGatewayOverrides {
  readonly clock?: Clock;
  /** Pause between sweeps of any kind, ms. */
  readonly sweepEveryMs?: number;
  /** Why the orchestrator cannot take work; empty when it can. */
  readonly readiness?: () => Promise<readonly ReadinessReason[]>;
  readonly disk?: DiskSpace;
}

export interface RunningUserGateway {
  /** The port in use. */
  readonly port: number;
}

/**
 * Judged from stored state; the schema must be the one this code was written for.
 * See docs/reference/processes.md#start-and-stop.
 */
async function readinessOf(
  db: Kysely<Database>,
  config: UserGatewayConfig,
): Promise<() => Promise<readonly ReadinessReason[]>> {
  const expectedVersion = await expectedSchemaVersion(config.migrationsDirectory);
  return readinessCheck({ probe: postgresReadinessProbe(db, { expectedVersion }), sleep });
}

/** By what each is for: paths may hold names of people. */
function watchedFolders({ watchedDirectories }: UserGatewayConfig): Record<string, string> {
  const name = (index: number): string => (index === 0 ? 'artifacts' : `watched_${index}`);
  return Object.fromEntries(watchedDirectories.map((path, index) => [name(index), path]));
}

/** A further resource is one more line here. */
function resourcesOf(
  config: UserGatewayConfig,
  db: Kysely<Database>,
  shared: Pick<UserParts, 'idempotency' | 'seal' | 'clock' | 'identity' | 'throttle'>,
  folders: FolderParts,
): readonly BindResource[] {
  const { seal, clock } = shared;
  const users: UserParts = {
    ...shared,
    transact: postgresTransactUsers(db),
    users: postgresUserReader(db),
    passwords: argonPasswords,
    hashSecretBody: hmacBody(config.jwtKey),
  };
  const roleBindings = {
    transact: postgresTransactRoleBindings(db),
    bindings: postgresRoleBindingReader(db),
    seal,
    clock,
  };
  const settings = {
    transact: postgresTransactSettings(db),
    settings: postgresSettingReader(db),
    seal,
    clock,
  };
  const nodes = {
    transact: postgresTransactNodes(db),
    nodes: postgresNodeReader(db),
    joinSecrets: randomJoinSecrets,
    seal,
    clock,
  };
  const secrets = {
    secrets: postgresSecretReader(db),
    transact: postgresTransactSecrets(db),
    seal: sealSecret,
    clock,
  };
  const workspaces = {
    workspaces: postgresWorkspaceReader(db),
    transact: postgresTransactWorkspaces(db),
    clock,
  };
  return [
    (server, guard) => bindWorkspaces(server, guard, workspaces),
    (server, guard) => bindAudit(server, guard, { events: postgresAuditEvents(db), seal }),
    (server, guard) => bindUsers(server, guard, users),
    (server, guard) => bindRoleBindings(server, guard, roleBindings),
    (server, guard) => bindSettings(server, guard, settings),
    (server, guard) => bindSecrets(server, guard, secrets),
    (server, guard) => bindNodes(server, guard, nodes),
    (server, guard) => bindFolders(server, guard, folders),
  ];
}

async function partsOf(
  config: UserGatewayConfig,
  db: Kysely<Database>,
  listener: NotificationListener,
  scope: ProcessScope,
  overrides: UserGatewayOverrides,
  content: ContentStore,
): Promise<UserGatewayParts> {
  const clock = overrides.clock ?? systemClock;
  const tasks = postgresTaskReader(db);
  const callerTasks = postgresCallerTasks(db);
  const projects = postgresProjectStore(db);
  const identity = postgresIdentityStore(db);
  const idempotency = postgresIdempotencyKeys(db);
  const seal = hmacSeal(config.jwtKey);
  const refusals = countRefusals(db, scope);
  const throttle = {
    attempts: postgresAttemptCounter(db),
    identity,
    refusals,
    perAddress: config.loginsPerAddressPerMinute,
    clock,
  };
  const promptsSetting = watchedSetting(db, listener, promptsSettingKey);
  const creation: UserGatewayParts['creation'] = {
    create: (creation) => createTask(db, creation),
    numbers: new TaskNumbers(),
    transact: postgresTransactTasks(db),
    projects,
    secrets: postgresSecretReader(db),
    blobs: content,
    workspaces: postgresWorkspaceReader(db),
    folders: postgresFolders(db),
    disk:
      overrides.disk ?? watchedDisks({ directories: config.watchedDirectories, log: scope.log }),
    tasks,
    idempotency,
    clock,
    promptsHaveWorkflows: async () => (await promptsSetting()) === true,
  };
  return {
    version: apiVersion,
    auth: {
      identity,
      passwords: argonPasswords,
      accessTokens: jwtAccessTokens(config.jwtKey),
      refreshTokens: opaqueRefreshTokens,
      throttle,
      refusals,
      lifetimes: { accessMs: config.accessMs, refreshMs: config.refreshMs },
      clock,
    },
    creation,
    inputs: postgresStoredInputs(db),
    pruning: { transact: creation.transact, blobs: content, clock, log: scope.log },
    listing: { tasks, callerTasks, identity, projects, seal },
    resources: resourcesOf(
      config,
      db,
      { idempotency, seal, clock, identity, throttle },
      { ...creation, folders: postgresFolders(db), checkArchive: checkTar },
    ),
    tasks,
    callerTasks,
    artifacts: {
      artifacts: postgresArtifactReader(db),
      blobs: content,
      seal,
    },
    signals: postgresTaskSignals(listener),
    auditQueue: new AuditQueue(postgresGatewayAudit(db), scope.log),
    refusals,
    proofKey: config.proofKey,
    collectors: [() => diskMetrics(watchedFolders(config))],
    readiness: overrides.readiness ?? (await readinessOf(db, config)),
    stopping: scope.signal,
  };
}

/** What this role removes; kept answers hold whole tasks and attempts grow with every address, so both go soon. */
function sweepsOf(
  parts: UserGatewayParts,
  { store, others, ...content }: ContentStoreDeps,
  everyMs: number | undefined,
): readonly Sweep[] {
  const { idempotency, clock } = parts.creation;
  const { identity, throttle } = parts.auth;
  const blobs = { ...content, stores: [store, ...others] };
  const often = everyMs ?? sweepEveryMs;
  return [
    {
      what: 'idempotency keys',
      everyMs: often,
      run: () => idempotency.removeExpired(clock.now()),
    },
    {
      what: 'login attempts',
      everyMs: often,
      run: () => throttle.attempts.removeStale(clock.now()),
    },
    { what: 'sessions', everyMs: often, run: () => identity.removeExpiredSessions(clock.now()) },
    { what: 'blobs', everyMs: everyMs ?? blobSweepEveryMs, run: () => sweepBlobs(blobs) },
  ];
}

/**
 * Starts the User API Gateway: it reads and writes through the database, never migrates it, and
 * calls no node. Everything it opens is closed by `scope.shutdown`.
 * See docs/environment.md#orchestrator and docs/reference/processes.md#start-and-stop.
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
  const stored = openContent(config.content, db, overrides.clock ?? systemClock, scope);
  const parts = await partsOf(config, db, listener, scope, overrides, stored.content);
  startSweeps(sweepsOf(parts, stored.parts, overrides.sweepEveryMs), scope);
  shutdown.add('write audit rows', () => parts.auditQueue.close());
  const server = await createHttpServer({
    log,
    readTimeoutMs: config.readTimeoutMs,
    writeTimeoutMs: config.writeTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    maxHeaderBytes: config.maxHeaderBytes,
    hosts: { names: config.hostNames },
    maxConnectionsPerAddress: config.maxConnectionsPerAddress,
    maxBodyBytes: config.maxBodyBytes,
    trustedProxies: config.trustedProxies,
    mapError: problemOf,
  });
  bindUserGateway(server, parts);
  shutdown.add('close user gateway', () => server.close(), 30_000);
  const port = await server.listen(config.listen);
  await listenTls(server, config.tls, log);
  log.info('user gateway listens', { host: config.listen.host, port });
  await Promise.race([listening, sleep(1000, scope.signal)]);
  return { port };
}
