import { OrchestratorError } from '../../domain/errors.ts';
import type { TaskInput } from '../../ports/task-input.ts';
import type { WithModelRequestDeps } from '../prompts/with-model-request.ts';
import type { PrepareRequestDeps } from './prepare-request.ts';
import type { JobSettler } from './settle-job.ts';

/**
 * What a request is made of, where a database that is away is waited for: it is no fault of the job.
 * See docs/reference/leases.md#claim-and-send.
 */
export function patientInput(
  { input, secrets, blobs }: PrepareRequestDeps & { readonly input: TaskInput },
  settle: Pick<JobSettler, 'persist'>,
): PrepareRequestDeps & WithModelRequestDeps {
  const isFinal = (error: unknown): boolean => error instanceof OrchestratorError;
  const read = async <T>(work: () => Promise<T>): Promise<T> => {
    const once = async () => ({ value: await work() });
    const found = await settle.persist('the start of a job', once, { isFinal });
    if (found === undefined) throw new Error('the lease was lost');
    return found.value;
  };
  return {
    blobs,
    input: {
      read: (taskId) => read(() => input.read(taskId)),
      artifactRefs: (taskId, ids) => read(() => input.artifactRefs(taskId, ids)),
      folderRef: (taskId) => read(() => input.folderRef(taskId)),
    },
    secrets: { read: (taskId, names) => read(() => secrets.read(taskId, names)) },
  };
}
