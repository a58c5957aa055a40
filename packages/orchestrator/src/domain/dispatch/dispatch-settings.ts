import { leaseMsOf, leaseSettingKeys } from '../leases/lease-times.ts';
import { fallbackSandboxImage } from '../jobs/run-request.ts';
import { maxJobTimeoutKey, positiveInteger } from '../nodes/config-settings.ts';

/** Settings that shape a claim. */
export interface DispatchSettings {
  readonly leaseMs: number;
  /** Undefined: each job keeps its own. */
  readonly maxAttempts: number | undefined;
  /** Times one node may say that it cannot start a job before that counts as its last word. */
  readonly maxRefusals: number;
  readonly defaultImage: string;
  /** The operator's cap on job time limits, seconds. */
  readonly maxJobSeconds: number | undefined;
}

const defaultImageKey = 'sandbox.default_image';
const { ttlSeconds, maxAttempts, maxRefusals } = leaseSettingKeys;
/** About five minutes, with the pauses between them. */
const defaultMaxRefusals = 10;

/** Their keys. */
export const dispatchSettingKeys: readonly string[] = [
  defaultImageKey,
  maxJobTimeoutKey,
  ttlSeconds,
  maxAttempts,
  maxRefusals,
];

/**
 * What is stored under these keys. A value of a wrong type counts as unset.
 * See docs/reference/leases.md#leases-and-retries and docs/reference/settings.md#system-settings.
 */
export function dispatchSettings(
  stored: Readonly<Record<string, unknown>> | null,
): DispatchSettings {
  const image = stored?.[defaultImageKey];
  return {
    leaseMs: leaseMsOf(positiveInteger(stored?.[ttlSeconds])),
    maxAttempts: positiveInteger(stored?.[maxAttempts]),
    maxRefusals: positiveInteger(stored?.[maxRefusals]) ?? defaultMaxRefusals,
    defaultImage: typeof image === 'string' && image !== '' ? image : fallbackSandboxImage,
    maxJobSeconds: positiveInteger(stored?.[maxJobTimeoutKey]),
  };
}
