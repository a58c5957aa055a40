import type { Kysely } from 'kysely';
import type { NodeTokenVault } from '../../../ports/node-secrets.ts';
import type { PromptQueue } from '../../../ports/prompts.ts';
import type { Database } from '../tables.ts';
import { claimInferenceJobs } from './claim-inference-jobs.ts';
import { hasDueJob } from './has-due-job.ts';
import { noteWaitingPrompts } from './note-waiting-prompts.ts';
import { readDispatchNodes } from './read-dispatch-nodes.ts';

/** The prompts of the queue in PostgreSQL. */
export function postgresPromptQueue(
  db: Kysely<Database>,
  vault: Pick<NodeTokenVault, 'open'>,
): PromptQueue {
  return {
    due: () => hasDueJob(db, 'inference'),
    claim: (options) => claimInferenceJobs(db, options),
    nodes: () => readDispatchNodes(db, vault),
    noteWaiting: (reason) => noteWaitingPrompts(db, reason),
  };
}
