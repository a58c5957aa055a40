import { healthRoutes } from '@cynodeai/contracts/common';
import { CallError, HttpClient, callRoute } from '@cynodeai/runtime/call';
import type { Secret } from '@cynodeai/runtime/config';

const limitMs = 3000;

/** Who answers at an address: `ours` has proven it, `stranger` has not, `nobody` answers. */
export type Answering = 'ours' | 'stranger' | 'nobody';

/** Asks whose server is at an address. See docs/reference/processes.md#proof. */
export async function whoAnswers(baseUrl: string, proofKey: Secret): Promise<Answering> {
  const client = new HttpClient({ proofKey });
  try {
    await callRoute(healthRoutes.healthz, {}, { client, baseUrl, timeoutMs: limitMs });
    return 'ours';
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    if (error.status !== undefined) return 'ours';
    return error.faultCode === 'ERR_NOT_PROVEN' ? 'stranger' : 'nobody';
  } finally {
    await client.close();
  }
}
