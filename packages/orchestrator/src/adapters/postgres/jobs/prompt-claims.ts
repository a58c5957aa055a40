import type { Kysely } from 'kysely';
import type { PromptClaims } from '../../../ports/prompts.ts';
import type { Database } from '../tables.ts';
import { claimInferenceJobs } from './claim-inference-jobs.ts';
import { hasDueJob } from './due-jobs.ts';
import { noteWaitingPrompts } from './note-waiting.ts';

/** Claims of prompts in PostgreSQL. */
export function postgresPromptClaims(db: Kysely<Database>): PromptClaims {
  return {
    due: () => hasDueJob(db, 'inference'),
    claim: (options) => claimInferenceJobs(db, options),
    noteWaiting: (reason) => noteWaitingPrompts(db, reason),
  };
}
