import type { RunJobRequest, SandboxSpec } from '@cynodeai/contracts/worker-api';
import { uuidv7 } from '@cynodeai/runtime/std';

/** A request that runs a shell script, or the given command. */
export function jobRequest(
  command: string | readonly string[],
  sandbox: Partial<SandboxSpec> = {},
): RunJobRequest {
  const argv = typeof command === 'string' ? ['sh', '-c', command] : [...command];
  return {
    version: 1,
    task_id: uuidv7(),
    job_id: uuidv7(),
    sandbox: { command: argv, ...sandbox },
  };
}
