/**
 * Most jobs of one transaction: keeps it short, its locks few, and results, up to some MiB each, out of memory trouble.
 */
export const maxJobsPerTransaction = 64;
