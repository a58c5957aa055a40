import { sleep } from '@cynodeai/runtime/lifecycle';
import { runCommand } from '@cynodeai/runtime/process';
import { type EngineContext, engineInvocation } from '../image/engine-command.ts';
import { engineEnv } from '../roles/environment.ts';

const limitMs = 45_000;
const pollMs = 100;

/**
 * Waits until the engine knows no container of these jobs any more; a stopped job may take its
 * grace of 30 s. See docs/reference/worker-api.md#stops and
 * docs/reference/sandbox.md#names-and-labels.
 */
export async function waitUntilGone(
  context: EngineContext,
  jobIds: readonly string[],
): Promise<void> {
  if (jobIds.length === 0) return;
  const [program, ...flags] = await engineInvocation(context);
  const deadline = performance.now() + limitMs;
  const env = engineEnv(context.install, context.env);
  // One label a call: the engine lists only what carries all that are named.
  for (const id of jobIds) {
    const args = [...flags, 'ps', '--all', '--quiet', '--filter', `label=io.cynodeai.job_id=${id}`];
    for (;;) {
      const result = await runCommand(program, args, { env });
      if (result.exitCode !== 0 || result.stdout.trim() === '') break;
      if (performance.now() > deadline) return;
      await sleep(pollMs);
    }
  }
}
