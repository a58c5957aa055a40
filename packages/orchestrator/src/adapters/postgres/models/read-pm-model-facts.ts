import type { PmModelFacts } from '../../../domain/readiness/judge-pm-model.ts';
import type { Executor } from '../database.ts';
import { readModelStatus } from './read-model-status.ts';
import { readPmModel } from './read-pm-model.ts';

/** What is stored of the Project Manager's model and of it on its node. */
export async function readPmModelFacts(db: Executor): Promise<PmModelFacts> {
  const selection = await readPmModel(db);
  return {
    selection,
    availability:
      selection?.nodeSlug === undefined || selection.modelRef === undefined
        ? undefined
        : await readModelStatus(db, selection.nodeSlug, selection.modelRef),
  };
}
