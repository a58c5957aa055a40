import { defaultPorts } from '@cynodeai/contracts/common';
import {
  type Env,
  type ListenAddress,
  type Secret,
  durationField,
  integerField,
  listenField,
  parseEnv,
  secretField,
} from '@cynodeai/runtime/config';
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { isSampleKey } from '../domain/identity/signing-key.ts';

/** Settings of the User API Gateway, read once. Durations in ms, sizes in bytes. Contract 04 section 1. */
export interface UserGatewayConfig {
  readonly databaseUrl: Secret;
  readonly jwtKey: Secret;
  readonly accessMs: number;
  readonly refreshMs: number;
  readonly listen: ListenAddress;
  readonly readTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxHeaderBytes: number;
  readonly maxBodyBytes: number;
  readonly loginsPerAddressPerMinute: number;
  readonly trustedProxies: readonly string[];
  readonly artifactDirectory: string;
  /** Where the schema's files are; the bundled ones when absent. */
  readonly migrationsDirectory: string | undefined;
}

/** An address or a CIDR such as `10.0.0.0/8`. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  if (prefix === undefined) return true;
  if (!/^\d{1,3}$/.test(prefix)) return false;
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
    return true;
  } catch {
    return false;
  }
}

const networksField = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine((parts) => parts.every(isNetwork), 'must be addresses or CIDRs, separated by commas');

const schema = z.object({
  DATABASE_URL: secretField(),
  JWT_SECRET: secretField(32).refine(
    (key) => !isSampleKey(key.reveal()),
    'must not be a sample value; make one with: openssl rand -base64 48',
  ),
  JWT_ACCESS_DURATION: durationField().optional(),
  JWT_REFRESH_DURATION: durationField().optional(),
  USER_GATEWAY_LISTEN_ADDR: listenField().optional(),
  LISTEN_ADDR: listenField().optional(),
  READ_TIMEOUT: durationField().optional(),
  WRITE_TIMEOUT: durationField().optional(),
  IDLE_TIMEOUT: durationField().optional(),
  MAX_HEADER_BYTES: integerField(1024, 1024 * 1024).optional(),
  MAX_REQUEST_BODY_MB: integerField(1, 100).optional(),
  RATE_LIMIT_PER_MINUTE: integerField(1, 1_000_000).optional(),
  TRUSTED_PROXIES: networksField.optional(),
  ARTIFACT_STORAGE_DIR: z.string().optional(),
  MIGRATIONS_DIR: z.string().optional(),
});

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Reads the environment. @throws ConfigError naming every fault at once. */
export function userGatewayConfig(env: Env): UserGatewayConfig {
  const read = parseEnv(schema, env);
  return {
    databaseUrl: read.DATABASE_URL,
    jwtKey: read.JWT_SECRET,
    accessMs: read.JWT_ACCESS_DURATION ?? 15 * minuteMs,
    refreshMs: read.JWT_REFRESH_DURATION ?? 168 * hourMs,
    listen: read.USER_GATEWAY_LISTEN_ADDR ??
      read.LISTEN_ADDR ?? { host: '0.0.0.0', port: defaultPorts.userGateway },
    readTimeoutMs: read.READ_TIMEOUT ?? 30_000,
    writeTimeoutMs: read.WRITE_TIMEOUT ?? 300_000,
    idleTimeoutMs: read.IDLE_TIMEOUT ?? 120_000,
    maxHeaderBytes: read.MAX_HEADER_BYTES ?? 64 * 1024,
    maxBodyBytes: (read.MAX_REQUEST_BODY_MB ?? 10) * 1024 * 1024,
    loginsPerAddressPerMinute: read.RATE_LIMIT_PER_MINUTE ?? 60,
    trustedProxies: read.TRUSTED_PROXIES ?? [],
    migrationsDirectory: read.MIGRATIONS_DIR,
    artifactDirectory: read.ARTIFACT_STORAGE_DIR ?? './data/artifacts',
  };
}
