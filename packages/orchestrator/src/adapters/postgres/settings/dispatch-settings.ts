import { leaseMsOf, leaseSettingKeys } from '../../../domain/jobs/job-lease.ts';
import { fallbackSandboxImage } from '../../../domain/jobs/run-request.ts';
import { maxJobTimeoutKey, positiveInteger } from '../../../domain/nodes/config-settings.ts';
import type { Executor } from '../database.ts';
import { sql } from 'kysely';

/** Settings that shape a claim. */
export interface DispatchSettings {
  readonly leaseMs: number;
  /** Undefined: each job keeps its own. */
  readonly maxAttempts: number | undefined;
  readonly defaultImage: string;
  /** The operator's cap on job time limits, seconds. */
  readonly maxJobSeconds: number | undefined;
}

const defaultImageKey = 'sandbox.default_image';
const { ttlSeconds, maxAttempts } = leaseSettingKeys;

/** SQL: the settings of a claim as one object, for a statement that reads something else beside them. */
export const dispatchSettingsJson = sql<Record<string, unknown> | null>`(
  SELECT jsonb_object_agg(key, value) FROM system_settings
  WHERE key IN (${sql.join([defaultImageKey, maxJobTimeoutKey, ttlSeconds, maxAttempts].map((key) => sql.lit(key)))}))`;

/** What `dispatchSettingsJson` read. A setting of a wrong type counts as unset. Contract 01 sections 5.6, 12.1. */
export function dispatchSettings(
  stored: Readonly<Record<string, unknown>> | null,
): DispatchSettings {
  const image = stored?.[defaultImageKey];
  return {
    leaseMs: leaseMsOf(positiveInteger(stored?.[ttlSeconds])),
    maxAttempts: positiveInteger(stored?.[maxAttempts]),
    defaultImage: typeof image === 'string' && image !== '' ? image : fallbackSandboxImage,
    maxJobSeconds: positiveInteger(stored?.[maxJobTimeoutKey]),
  };
}

/** The settings alone. */
export async function readDispatchSettings(db: Executor): Promise<DispatchSettings> {
  const { rows } = await sql<{ stored: Record<string, unknown> | null }>`
    SELECT ${dispatchSettingsJson} AS stored`.execute(db);
  return dispatchSettings(rows[0]?.stored ?? null);
}
