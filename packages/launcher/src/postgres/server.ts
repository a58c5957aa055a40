import type { Secret } from '@cynodeai/runtime/config';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { elapsedMs } from '@cynodeai/runtime/std';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddedBinDir } from './binaries.ts';
import { ensureCluster, superuser } from './cluster.ts';
import { applicationName, prepareServer, socketUrl } from './connection.ts';
import { PostgresError } from './errors.ts';
import { type RunningServer, disarmLockFile, findServer, isServerOf } from './pid-file.ts';
import { secretFile } from './secret-file.ts';
import {
  type LaunchedProcess,
  lastLogLines,
  launch,
  stopLaunched,
  stopProcess,
} from './server-process.ts';

export interface PostgresOptions {
  /** Folder of the install's database, made 0700: the cluster, its log and both password files (0600). */
  readonly dataDir: string;
  /** Folder of the Unix socket, made 0700; short, because the socket's path may have 107 bytes. */
  readonly socketDir: string;
  /** Only names the socket; 5432 unless told. Nothing listens on TCP. */
  readonly port?: number;
  /** Server settings by name; a server that is adopted keeps its own. */
  readonly extraSettings?: Readonly<Record<string, string>>;
  /** Limit in ms until the server answers; 60 s unless told, because recovery after a crash takes its time. */
  readonly startTimeoutMs?: number;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}

/** A running embedded server. It outlives its starter until `stop` is called. */
export interface PostgresServer {
  /** URL of the product's role for a database, `cynode` unless told. It holds a password. */
  url(database?: string): string;
  /** URL of the cluster's owner for the database `postgres`. It holds a password. */
  readonly adminUrl: string;
  readonly pid: number;
  /** True when the server had been running already. */
  readonly adopted: boolean;
  /** False once the server ended, whoever ended it. */
  isRunning(): boolean;
  /** Ends the server in order and waits until it is gone. @throws PostgresError `postgres_stop_failed`. */
  stop(): Promise<void>;
}

const maxSocketPathBytes = 107;
const defaultStartTimeoutMs = 60_000;
const pollMs = 25;

interface Secrets {
  readonly owner: Secret;
  readonly application: Secret;
}

interface Place {
  readonly binDir: string;
  readonly clusterDir: string;
  readonly logFile: string;
  readonly port: number;
  readonly deadline: number;
}

/**
 * Starts the embedded server of a data folder, or adopts the one that runs there already; the first start makes the
 * cluster, the passwords, the role and the database `cynode`. Several starters at once end up with one server.
 * @throws PostgresError.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const port = options.port ?? 5432;
  checkSocketPath(options.socketDir, port);
  const binDir = embeddedBinDir();
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  await mkdir(options.socketDir, { recursive: true, mode: 0o700 });
  const ownerFile = join(options.dataDir, 'owner.password');
  const secrets = {
    owner: await secretFile(ownerFile),
    application: await secretFile(join(options.dataDir, 'application.password')),
  };
  const clusterDir = await ensureCluster({
    binDir,
    dataDir: options.dataDir,
    passwordFile: ownerFile,
    durable: options.extraSettings?.['fsync'] !== 'off',
    ...(options.signal && { signal: options.signal }),
  });
  const place = {
    binDir,
    clusterDir,
    logFile: join(options.dataDir, 'server.log'),
    port,
    deadline: elapsedMs() + (options.startTimeoutMs ?? defaultStartTimeoutMs),
  };
  for (;;) {
    const found = await findServer(clusterDir);
    const server = found === undefined ? undefined : await adopt(found, place, secrets, options);
    if (server !== undefined) return server;
    const started = await start(place, secrets, options);
    if (started !== undefined) return started;
    options.signal?.throwIfAborted();
    if (elapsedMs() > place.deadline) {
      throw startFailure('could not be started', await lastLogLines(place.logFile));
    }
    await sleep(pollMs, options.signal);
  }
}

/**
 * Ends the server of a data folder, whoever started it; false when none was running.
 * @throws PostgresError `postgres_stop_failed`.
 */
export async function stopPostgres(dataDir: string): Promise<boolean> {
  const clusterDir = join(dataDir, 'cluster');
  const server = await findServer(clusterDir);
  if (server === undefined) return false;
  await stopProcess({ clusterDir, pid: server.pid });
  return true;
}

function checkSocketPath(socketDir: string, port: number): void {
  const path = join(socketDir, `.s.PGSQL.${port}`);
  const bytes = Buffer.byteLength(path);
  if (bytes <= maxSocketPathBytes) return;
  throw new PostgresError(
    'postgres_socket_path_too_long',
    `the socket path ${path} has ${bytes} bytes, the system takes ${maxSocketPathBytes}; choose a shorter run folder`,
  );
}

/** Undefined when the server went away while we waited for it. */
async function adopt(
  found: RunningServer,
  place: Place,
  secrets: Secrets,
  options: PostgresOptions,
): Promise<PostgresServer | undefined> {
  const gone = (): boolean => !isServerOf(place.clusterDir, found.pid);
  const ready = await untilReady(found, gone, place, secrets, options.signal);
  return ready ? describe(found, place, secrets, true) : undefined;
}

/** Undefined when another starter was faster or old backends still hold the cluster: worth another round. */
async function start(
  place: Place,
  secrets: Secrets,
  options: PostgresOptions,
): Promise<PostgresServer | undefined> {
  const { clusterDir } = place;
  await disarmLockFile(join(clusterDir, 'postmaster.pid'), clusterDir);
  await disarmLockFile(join(options.socketDir, `.s.PGSQL.${place.port}.lock`), clusterDir);
  const child: LaunchedProcess = await launch({
    ...place,
    socketDir: options.socketDir,
    extraSettings: options.extraSettings ?? {},
  });
  const server = { pid: child.pid, port: place.port, socketDir: options.socketDir };
  try {
    if (await untilReady(server, child.ended, place, secrets, options.signal)) {
      // Another starter's server may have answered while our own still finds out that it came too late.
      const serving = await findServer(place.clusterDir);
      return serving?.pid === child.pid ? describe(server, place, secrets, false) : undefined;
    }
  } catch (error) {
    await stopLaunched(child, clusterDir);
    throw error;
  }
  if ((await findServer(clusterDir)) !== undefined) return undefined;
  const reason = await lastLogLines(place.logFile, child.pid);
  if (/lock file .* already exists|shared memory block/.test(reason)) return undefined;
  throw startFailure('ended at start', reason);
}

function startFailure(what: string, logLines: string): PostgresError {
  return new PostgresError('postgres_start_failed', `the database server ${what}: ${logLines}`);
}

/** False when the server ended first. @throws PostgresError `postgres_start_failed` at the deadline. */
async function untilReady(
  server: RunningServer,
  ended: () => boolean,
  place: Place,
  secrets: Secrets,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  while (!ended()) {
    signal?.throwIfAborted();
    if (await prepareServer(server, secrets.owner, secrets.application)) return true;
    if (elapsedMs() > place.deadline) {
      throw startFailure('did not answer in time', await lastLogLines(place.logFile));
    }
    await sleep(pollMs, signal);
  }
  return false;
}

function describe(
  server: RunningServer,
  { clusterDir }: Place,
  secrets: Secrets,
  adopted: boolean,
): PostgresServer {
  const application = { user: applicationName, password: secrets.application };
  const owner = { user: superuser, password: secrets.owner };
  return {
    url: (database = applicationName) => socketUrl(server, application, database),
    // A getter, so that printing the object does not print the password.
    get adminUrl() {
      return socketUrl(server, owner, 'postgres');
    },
    pid: server.pid,
    adopted,
    isRunning: () => isServerOf(clusterDir, server.pid),
    stop: () => stopProcess({ clusterDir, pid: server.pid }),
  };
}
