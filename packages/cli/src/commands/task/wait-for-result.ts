import { type GatewayClient, pollTask } from '@cynodeai/api-client';
import type { Notes } from '@cynodeai/command-line/output';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type ShownResult, resultOf } from '../../gateway/answers.ts';

export interface WaitContext {
  readonly notes: Notes;
  readonly signal: AbortSignal;
}

/**
 * Waits until a task is terminal; its states are shown to people meanwhile.
 * See docs/reference/cli.md#waiting.
 */
export async function waitForResult(
  client: GatewayClient,
  id: string,
  { notes, signal }: WaitContext,
): Promise<ShownResult> {
  return pollTask(
    async ({ waitSeconds, timeoutMs }) =>
      resultOf(
        await client.read(gatewayRoutes.getTaskResult, {
          params: { id },
          query: { wait: waitSeconds },
          timeoutMs,
        }),
      ),
    { signal, onStatus: (status) => void notes.progress(`task ${id}: ${status}`) },
  );
}
