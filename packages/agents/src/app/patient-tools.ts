import { backoffMs } from '@cynodeai/runtime/std';
import { ToolFailure, type Tools } from '../ports/tools.ts';

/** Failures that pass, and how often such a call is made before it is given up; refusals are final. */
const tries: Readonly<Partial<Record<ToolFailure['type'], number>>> = {
  unreachable: 50,
  upstream_unavailable: 50,
  tool_timeout: 50,
  audit_unavailable: 50,
  rate_limit: 50,
  internal: 3,
  interrupted: 3,
};

export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** Tools that are called again while what failed may pass: every call of a graph is safe to repeat. */
export function patientTools(tools: Tools, sleep: Sleep): Tools {
  return {
    call: async (name, args, signal) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await tools.call(name, args, signal);
        } catch (error) {
          const most = error instanceof ToolFailure ? (tries[error.type] ?? 1) : 1;
          if (attempt >= most) throw error;
          const pause = { firstMs: 1000, maxMs: 15_000, jitter: 0 };
          await sleep(backoffMs(attempt, 0, pause), signal);
          signal.throwIfAborted();
        }
      }
    },
  };
}
