import type { Kysely } from 'kysely';
import type { ModelLimits } from '../../../domain/prompts/model-limits.ts';
import type { PromptClaims } from '../../../ports/prompts.ts';
import type { Database } from '../tables.ts';
import { claimInferenceJobs } from './claim-inference-jobs.ts';
import { hasDueJob } from './due-jobs.ts';
import { noteWaitingPrompts } from './note-waiting.ts';

/** Claims of prompts in PostgreSQL; `firstWordMs` is the limit that is no setting. */
export function postgresPromptClaims(
  db: Kysely<Database>,
  { firstWordMs }: Pick<ModelLimits, 'firstWordMs'>,
): PromptClaims {
  return {
    due: () => hasDueJob(db, 'inference'),
    claim: (options) => claimInferenceJobs(db, options, firstWordMs),
    noteWaiting: (reason) => noteWaitingPrompts(db, reason),
  };
}
