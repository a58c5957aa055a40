import type { Seal } from '../../../domain/tasks/page-cursor.ts';
import type { VerificationReader } from '../../../ports/agent-views.ts';
import type { HandlersBelow } from '../tool-handlers.ts';
import { taskIdOf } from './call-user.ts';
import { pageByTime } from './pages.ts';

export interface VerificationToolDeps {
  readonly verifications: VerificationReader;
  readonly seal: Seal;
}

/** Handlers of the tools on what was verified. See docs/reference/mcp.md#tools. */
export function verificationTools({
  verifications,
  seal,
}: VerificationToolDeps): HandlersBelow<'db.verification'> {
  return {
    'db.verification.create': async (call, args) => async (effects) => {
      const { job_id: jobId = null, run_id: runId = null, ...judged } = args;
      const verification = { ...judged, job_id: jobId, run_id: runId };
      const agent = { agent_type: call.caller.agent };
      return { verification: await effects.verifications.create({ ...verification, ...agent }) };
    },
    'db.verification.list': async (call, page) => {
      const taskId = taskIdOf(call);
      const { rows, next_cursor } = await pageByTime(seal, page, (after, limit) =>
        verifications.list({ taskId, after, limit }),
      );
      return { verifications: [...rows], next_cursor };
    },
  };
}
