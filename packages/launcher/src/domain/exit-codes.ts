/** Exit codes that are not a job's own. Like those of `timeout` and `env`. */
export const exitCodes = { timeout: 124, fault: 125, interrupted: 130, usage: 2 } as const;
