import { leaseMsOf, leaseSettingKeys } from '../../../domain/jobs/job-lease.ts';
import { fallbackSandboxImage } from '../../../domain/jobs/run-request.ts';
import { maxJobTimeoutKey, positiveInteger } from '../../../domain/nodes/config-settings.ts';
import type { Executor } from '../database.ts';
import { readSettings } from './read-settings.ts';

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

/** A setting of a wrong type counts as unset. Contract 01 sections 5.6, 12.1. */
export async function readDispatchSettings(db: Executor): Promise<DispatchSettings> {
  const settings = await readSettings(db, [
    defaultImageKey,
    maxJobTimeoutKey,
    ttlSeconds,
    maxAttempts,
  ]);
  const image = settings.get(defaultImageKey);
  return {
    leaseMs: leaseMsOf(positiveInteger(settings.get(ttlSeconds))),
    maxAttempts: positiveInteger(settings.get(maxAttempts)),
    defaultImage: typeof image === 'string' && image !== '' ? image : fallbackSandboxImage,
    maxJobSeconds: positiveInteger(settings.get(maxJobTimeoutKey)),
  };
}
