import { type Env, parseEnv, schemaOf } from '@cynodeai/runtime/config';
import { controlPlaneEnvironment } from '@cynodeai/runtime/environment/control-plane';
import type { z } from 'zod';

const schema = schemaOf(controlPlaneEnvironment);

export type ControlPlaneConfig = z.infer<typeof schema>;

/** @throws ConfigError naming every fault at once. */
export function controlPlaneConfig(env: Env): ControlPlaneConfig {
  return parseEnv(schema, env);
}

/** What migrating needs. */
export type MigrationConfig = Pick<ControlPlaneConfig, 'DATABASE_URL' | 'MIGRATIONS_DIR'>;

/** The environment of `--migrate-only`. @throws ConfigError. */
export function migrationConfig(env: Env): MigrationConfig {
  return parseEnv(schema.pick({ DATABASE_URL: true, MIGRATIONS_DIR: true }), env);
}
