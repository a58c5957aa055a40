import type { SecretFiles } from '../../src/ports/secret-files.ts';

/** Secrets of jobs that nobody reads. */
export const noSecrets: SecretFiles = {
  isUsable: true,
  write: async (jobId) => `/memory/${jobId}`,
  remove: async () => {},
  removeStrays: async () => [],
};
