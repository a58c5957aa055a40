export interface TimeoutLimits {
  readonly defaultTimeoutSeconds: number;
  readonly maxTimeoutSeconds: number;
}

/**
 * Seconds a job may run: what it asks for, or the default, never above the maximum.
 * See docs/reference/worker-api.md#time-limits.
 */
export function effectiveTimeout(requested: number | undefined, limits: TimeoutLimits): number {
  return Math.min(requested ?? limits.defaultTimeoutSeconds, limits.maxTimeoutSeconds);
}
