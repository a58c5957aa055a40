import { controlPlaneRoutes } from '@cynodeai/contracts/control-plane';
import { defaultPorts } from '@cynodeai/contracts/common';
import { ConfigError, type Env, type ListenAddress } from '@cynodeai/runtime/config';
import { SealedBox, canonicalHash, hashPassword } from '@cynodeai/runtime/crypto';
import { type HttpServer, createHttpServer } from '@cynodeai/runtime/http';
import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { type Log, diskMetrics } from '@cynodeai/runtime/observe';
import { systemClock } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { yamlBootstrapSource } from '../adapters/bootstrap/bootstrap-source.ts';
import { secretVault } from '../adapters/crypto/job-secrets.ts';
import {
  jwtNodeChallenges,
  jwtNodeTokens,
  sealedNodeTokens,
} from '../adapters/crypto/node-tokens.ts';
import { bindControlPlane } from '../adapters/http/control-plane/bind-routes.ts';
import { problemOf } from '../adapters/http/problems.ts';
import { postgresBootstrapStore } from '../adapters/postgres/bootstrap/bootstrap-store.ts';
import { randomJoinSecrets } from '../adapters/crypto/join-secrets.ts';
import { openDatabase } from '../adapters/postgres/database.ts';
import { expectedSchemaVersion, migrate } from '../adapters/postgres/migrate.ts';
import { NotificationListener } from '../adapters/postgres/notifications.ts';
import { postgresJoinTokens } from '../adapters/postgres/nodes/join-tokens.ts';
import { postgresQueueMetrics } from '../adapters/postgres/metrics/queue-metrics.ts';
import { postgresNodeRegistry } from '../adapters/postgres/nodes/node-registry.ts';
import { postgresNodes } from '../adapters/postgres/nodes/nodes.ts';
import { postgresReadinessProbe } from '../adapters/postgres/readiness/readiness-probe.ts';
import { tellPublicKey } from '../adapters/postgres/secrets/public-key.ts';
import { postgresSeedStore } from '../adapters/postgres/seeds/seed-store.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { importBootstrap } from '../app/bootstrap/import-bootstrap.ts';
import { readinessCheck } from '../app/readiness/check-readiness.ts';
import { seed } from '../app/seeds/seed.ts';
import { OrchestratorError } from '../domain/errors.ts';
import type { NodeTokenVault } from '../ports/node-secrets.ts';
import {
  type ControlPlaneConfig,
  type MigrationConfig,
  controlPlaneConfig,
} from './control-plane-config.ts';
import { countRefusals } from './counted-refusals.ts';
import { openControlPlaneHttp } from './control-plane-http.ts';
import { listenTls, tlsDoorOf } from './listen-tls.ts';
import { startDispatcher } from './dispatch-loops.ts';
import { openModelAccess } from './model-access.ts';
import { startNodeConfigLoop } from './node-config-loop.ts';
import { contentConfigOf, openContent } from './open-content.ts';
import { startPmModelLoop } from './pm-model-loop.ts';
import { startRetention } from './retention-loop.ts';
import { openWorkflowDoor, startWorkflowLoop } from './workflow-loop.ts';
import { startAuditSeals } from './audit-seals.ts';

/** What a caller may set aside of the environment. */
export interface ControlPlaneOverrides {
  /** The schema is current already. */
  readonly migrated?: boolean;
  /** Registrations an address may try per minute; 30 unless told. */
  readonly registrationsPerMinute?: number;
  /** How long answers under way are waited for at shutdown, ms; 30 s unless told. */
  readonly drainMs?: number;
  /** Pause between looks for what is too old, ms. */
  readonly retentionEveryMs?: number;
  /** Pause between turns of sealing audit logs, ms. */
  readonly sealEveryMs?: number;
}

export interface RunningControlPlane {
  /** Port in use. */
  readonly port: number;
}

const registrationsPerMinute = 30;
const drainMs = 30_000;

/** By what nodes prove who they are: the JWTs they are given, and challenges before those. */
function nodeProofs({ JWT_SECRET: key, JWT_NODE_DURATION: lifetimeMs }: ControlPlaneConfig) {
  return { issuer: jwtNodeTokens(key, lifetimeMs), challenges: jwtNodeChallenges(key) };
}

function isMissingPassword(error: unknown): error is OrchestratorError {
  return error instanceof OrchestratorError && error.code === 'admin_password_missing';
}

/**
 * DDL bootstrap and migrations, the supported production step.
 * See docs/reference/processes.md#start-and-stop (REQ-SCHEMA-0102).
 */
export async function migrateDatabase(config: MigrationConfig, scope: ProcessScope): Promise<void> {
  await migrate(config.DATABASE_URL.reveal(), {
    log: scope.log,
    signal: scope.signal,
    ...(config.MIGRATIONS_DIR !== undefined && { directory: config.MIGRATIONS_DIR }),
  });
}

async function seedDatabase(
  db: Kysely<Database>,
  config: ControlPlaneConfig,
  scope: ProcessScope,
): Promise<void> {
  try {
    await seed({
      store: postgresSeedStore(db),
      log: scope.log,
      hashPassword,
      adminPassword: config.BOOTSTRAP_ADMIN_PASSWORD?.reveal(),
      defaultImage: config.SANDBOX_DEFAULT_IMAGE,
    });
  } catch (error) {
    if (isMissingPassword(error)) throw new ConfigError(error.message);
    throw error;
  }
}

async function importBootstrapFile(
  db: Kysely<Database>,
  config: ControlPlaneConfig,
  env: Env,
  { log }: ProcessScope,
): Promise<void> {
  const path = config.ORCHESTRATOR_BOOTSTRAP_FILE;
  await importBootstrap({
    store: postgresBootstrapStore(db),
    source: path === undefined ? undefined : yamlBootstrapSource(path, env),
    hashPassword,
    ownedByEnvironment: config.SANDBOX_DEFAULT_IMAGE === undefined ? [] : ['sandbox.default_image'],
    log,
  });
}

function openServer(
  config: ControlPlaneConfig,
  address: ListenAddress,
  log: Log,
): Promise<HttpServer> {
  const publicHost = new URL(config.ORCHESTRATOR_PUBLIC_URL).host;
  return createHttpServer({
    log,
    readTimeoutMs: config.READ_TIMEOUT,
    writeTimeoutMs: config.WRITE_TIMEOUT,
    idleTimeoutMs: config.IDLE_TIMEOUT,
    maxHeaderBytes: config.MAX_HEADER_BYTES,
    hosts: {
      names: [...config.ALLOWED_HOSTS, address.host, publicHost],
      calledByMachines: true,
    },
    maxConnectionsPerAddress: config.MAX_CONNECTIONS_PER_ADDRESS,
    maxBodyBytes: config.MAX_REQUEST_BODY_MB * 1024 * 1024,
    mapError: problemOf,
  });
}

/** What the routes of nodes need. */
function nodeDeps(
  config: ControlPlaneConfig,
  db: Kysely<Database>,
  {
    vault,
    perMinute = registrationsPerMinute,
  }: { readonly vault: NodeTokenVault; readonly perMinute: number | undefined },
  scope: ProcessScope,
) {
  return {
    registry: postgresNodeRegistry(db, countRefusals(db, scope)),
    ...nodeProofs(config),
    joinTokens: postgresJoinTokens(db),
    joinSecrets: randomJoinSecrets,
    vault,
    hash: canonicalHash,
    clock: systemClock,
    log: scope.log,
    psk: config.NODE_REGISTRATION_PSK,
    perMinute,
    publicUrl: config.ORCHESTRATOR_PUBLIC_URL,
    workerUrlOverride: config.WORKER_API_TARGET_URL,
    reportPath: controlPlaneRoutes.reportCapability.path,
    paths: {
      register: controlPlaneRoutes.registerNode.path,
      config: controlPlaneRoutes.getConfig.path,
    },
  };
}

/**
 * The control-plane: migrates, seeds, serves nodes and dispatches jobs. Returns once it serves.
 * See docs/reference/processes.md#start-and-stop and docs/reference/nodes.md#calls-of-a-node.
 */
export async function startControlPlane(
  env: Env,
  scope: ProcessScope,
  overrides: ControlPlaneOverrides = {},
): Promise<RunningControlPlane> {
  const config = controlPlaneConfig(env);
  const { log } = scope;
  if (overrides.migrated !== true) await migrateDatabase(config, scope);
  const db = openDatabase({
    url: config.DATABASE_URL.reveal(),
    applicationName: 'cynode-control-plane',
    log,
  });
  scope.shutdown.add('database pool', () => db.destroy());
  await seedDatabase(db, config, scope);
  await importBootstrapFile(db, config, env, scope);
  const vault = sealedNodeTokens(
    new SealedBox(Buffer.from(config.ORCHESTRATOR_SECRETS_KEY.reveal(), 'base64')),
  );
  const secrets = secretVault(config.ORCHESTRATOR_SECRETS_KEY);
  await tellPublicKey(db, secrets.publicKey);
  const address = config.CONTROL_PLANE_LISTEN_ADDR ??
    config.LISTEN_ADDR ?? { host: '0.0.0.0', port: defaultPorts.controlPlane };
  const server = await openServer(config, address, log);
  const nodes = nodeDeps(config, db, { vault, perMinute: overrides.registrationsPerMinute }, scope);
  bindControlPlane(
    server,
    nodes,
    readinessCheck({
      probe: postgresReadinessProbe(db, {
        expectedVersion: await expectedSchemaVersion(config.MIGRATIONS_DIR),
        vault,
      }),
      sleep,
    }),
    config.INSTALL_PROOF_KEY,
    [postgresQueueMetrics(db), () => diskMetrics({ artifacts: config.ARTIFACT_STORAGE_DIR })],
  );
  const dispatchNodes = postgresNodes(db, vault);
  const http = openControlPlaneHttp();
  scope.shutdown.add('connections to nodes and models', () => http.close());
  const model = openModelAccess(config, { db, nodes: dispatchNodes, http });
  openWorkflowDoor(server, config, { db, model: model.agents }, scope);
  const port = await server.listen(address);
  scope.shutdown.add('control-plane HTTP', () => server.close(), 30_000);
  await listenTls(server, tlsDoorOf(config.CONTROL_PLANE_TLS_LISTEN_ADDR, config), log);
  log.info('control-plane serves', { host: address.host, port });
  const listener = new NotificationListener({
    url: config.DATABASE_URL.reveal(),
    applicationName: 'cynode-control-plane-listener',
    log,
  });
  await listener.start();
  scope.shutdown.add('notifications', () => listener.close());
  startNodeConfigLoop(nodes, listener, scope);
  const { content } = openContent(contentConfigOf(config), db, systemClock, scope);
  startRetention({ db, blobs: content, everyMs: overrides.retentionEveryMs }, scope);
  startAuditSeals(db, scope, config.AUDIT_SEAL_KEY_FILE, overrides.sealEveryMs);
  startPmModelLoop({ db, vault, listener, http, demoModel: config.DEMO_MODEL_REF }, scope);
  startWorkflowLoop(config, { db, http, listener }, scope);
  if (config.DISPATCHER_ENABLED) {
    const reach = { nodes: dispatchNodes, model: model.prompts, http };
    const shared = { db, vault, secrets, listener, blobs: content, ...reach };
    const parts = { ...shared, drainMs: overrides.drainMs ?? drainMs };
    startDispatcher(config, scope, parts);
  }
  return { port };
}
