import { type GatewayClient, pollTask } from '@cynodeai/api-client';
import type { Notes } from '@cynodeai/command-line/output';
import { type ReadResult, readRoutes } from '../../gateway/read-routes.ts';

export interface WaitContext {
  readonly notes: Notes;
  readonly signal: AbortSignal;
}

/** Waits until a task is terminal; its states are shown to people meanwhile. Contract 05 section 5, "Waiting". */
export async function waitForResult(
  client: GatewayClient,
  id: string,
  { notes, signal }: WaitContext,
): Promise<ReadResult> {
  return pollTask(
    ({ waitSeconds, timeoutMs }) =>
      client.call(readRoutes.getTaskResult, {
        params: { id },
        query: { wait: waitSeconds },
        timeoutMs,
      }),
    { signal, onStatus: (status) => void notes.progress(`task ${id}: ${status}`) },
  );
}
