import type { Kysely } from 'kysely';
import type { ModelLimits } from '../../../domain/prompts/model-limits.ts';
import type { PromptClaims } from '../../../ports/prompts.ts';
import type { Database } from '../tables.ts';
import { claimInferenceJobs, readPromptQueue } from './claim-inference-jobs.ts';
import { noteWaitingPrompts } from './note-waiting.ts';

/** Claims of prompts in PostgreSQL; `firstWordMs` is the limit that is no setting. */
export function postgresPromptClaims(
  db: Kysely<Database>,
  { firstWordMs }: Pick<ModelLimits, 'firstWordMs'>,
): PromptClaims {
  return {
    queue: () => readPromptQueue(db),
    claim: (options) => claimInferenceJobs(db, options, firstWordMs),
    noteWaiting: (reason) => noteWaitingPrompts(db, reason),
  };
}
