import type { Kysely } from 'kysely';
import type { Claims } from '../../../ports/claims.ts';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { Database } from '../tables.ts';
import { claimRetries } from './claim-retries.ts';
import { claimSandboxJobs } from './claim-sandbox-jobs.ts';
import { moveJob } from './move-job.ts';
import { noteWaiting } from './note-waiting.ts';

/** Claims of sandbox jobs in PostgreSQL. */
export function postgresClaims(db: Kysely<Database>, vault: NodeTokenVault): Claims {
  return {
    sandboxJobs: (options) => claimSandboxJobs(db, vault, options),
    retries: () => claimRetries(db, vault),
    move: (job, options) => moveJob(db, vault, job, options),
    noteWaiting: () => noteWaiting(db, vault),
  };
}
