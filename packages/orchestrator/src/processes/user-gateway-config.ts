import { defaultPorts } from '@cynodeai/contracts/common';
import {
  type Env,
  type ListenAddress,
  type Secret,
  parseEnv,
  schemaOf,
} from '@cynodeai/runtime/config';
import { userGatewayEnvironment } from '@cynodeai/runtime/environment/user-gateway';
import { resolve } from 'node:path';
import { type TlsDoor, tlsDoorOf } from './listen-tls.ts';
import { type ContentConfig, contentConfigOf } from './open-content.ts';
import { isSampleKey } from '../domain/identity/signing-key.ts';

/**
 * Settings of the User API Gateway, read once. Durations in ms, sizes in bytes.
 * See docs/environment.md#orchestrator.
 */
export interface UserGatewayConfig {
  readonly databaseUrl: Secret;
  readonly jwtKey: Secret;
  /** By which it proves whose gateway it is; absent: it does not. */
  readonly proofKey: Secret | undefined;
  readonly accessMs: number;
  readonly refreshMs: number;
  readonly listen: ListenAddress;
  /** A further address, behind TLS. */
  readonly tls: TlsDoor | undefined;
  readonly readTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxHeaderBytes: number;
  readonly maxConnectionsPerAddress: number;
  /** Names by which it may be called. */
  readonly hostNames: readonly string[];
  readonly maxBodyBytes: number;
  readonly loginsPerAddressPerMinute: number;
  readonly trustedProxies: readonly string[];
  /** Where content of tasks is. */
  readonly content: ContentConfig;
  /** Folders whose disks must have room for new tasks. */
  readonly watchedDirectories: readonly string[];
  /** Where the schema's files are; the bundled ones when absent. */
  readonly migrationsDirectory: string | undefined;
}

/** A secret that stands in examples is none. */
const schema = schemaOf(userGatewayEnvironment).extend({
  JWT_SECRET: userGatewayEnvironment.JWT_SECRET.field.refine(
    (key) => !isSampleKey(key.reveal()),
    'must not be a sample value; make one with: openssl rand -base64 48',
  ),
});

/** Reads the environment. @throws ConfigError naming every fault at once. */
export function userGatewayConfig(env: Env): UserGatewayConfig {
  const read = parseEnv(schema, env);
  const listen = read.USER_GATEWAY_LISTEN_ADDR ??
    read.LISTEN_ADDR ?? { host: '0.0.0.0', port: defaultPorts.userGateway };
  return {
    databaseUrl: read.DATABASE_URL,
    jwtKey: read.JWT_SECRET,
    proofKey: read.INSTALL_PROOF_KEY,
    accessMs: read.JWT_ACCESS_DURATION,
    refreshMs: read.JWT_REFRESH_DURATION,
    listen,
    tls: tlsDoorOf(read.USER_GATEWAY_TLS_LISTEN_ADDR, read),
    readTimeoutMs: read.READ_TIMEOUT,
    writeTimeoutMs: read.WRITE_TIMEOUT,
    idleTimeoutMs: read.IDLE_TIMEOUT,
    maxHeaderBytes: read.MAX_HEADER_BYTES,
    maxConnectionsPerAddress: read.MAX_CONNECTIONS_PER_ADDRESS,
    hostNames: [...read.ALLOWED_HOSTS, listen.host],
    maxBodyBytes: read.MAX_REQUEST_BODY_MB * 1024 * 1024,
    loginsPerAddressPerMinute: read.RATE_LIMIT_PER_MINUTE,
    trustedProxies: read.TRUSTED_PROXIES,
    migrationsDirectory: read.MIGRATIONS_DIR,
    content: contentConfigOf(read),
    watchedDirectories: [read.ARTIFACT_STORAGE_DIR, ...read.WATCHED_DIRECTORIES].map((path) =>
      resolve(path),
    ),
  };
}
