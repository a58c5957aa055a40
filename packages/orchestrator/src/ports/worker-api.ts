import type { RunJobRequest } from '@cynodeai/contracts';
import type { WorkerAnswer } from '../domain/dispatch/worker-answer.ts';
import type { NodeConnection } from './dispatch.ts';

/** Calls of a node's Worker API. Contract 03 section 5. */
export interface WorkerApi {
  /** Sends a job and waits for its end; never rejects: every fault is an answer. */
  runJob(
    node: NodeConnection,
    request: RunJobRequest,
    options: { readonly deadlineMs: number; readonly signal: AbortSignal },
  ): Promise<WorkerAnswer>;
  /** Asks to stop a job: `stopping`, `not_running`, or `failed` when the node could not be asked. Never rejects. */
  stopJob(
    node: NodeConnection,
    job: { readonly taskId: string; readonly jobId: string; readonly graceSeconds: number },
  ): Promise<'stopping' | 'not_running' | 'failed'>;
}
