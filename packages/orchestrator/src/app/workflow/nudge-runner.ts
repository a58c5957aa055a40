import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import type { WaitingWorkflows, WorkflowRunner } from '../../ports/workflow.ts';

export interface NudgeRunnerDeps {
  readonly waiting: WaitingWorkflows;
  readonly runner: WorkflowRunner;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Pause before a runner that took nothing is told again, ms: it starts, or another one takes its place. */
const againMs = 2000;

/** Nudges of one look. A runner that is busy leaves the rest for the next. */
const atOnce = 50;

/**
 * Tells what runs workflows of tasks that nobody runs, and answers with when to look again, ms: when the next lease
 * expires, soon where the runner took nothing, or after the setting's pause. See docs/reference/workflow.md#nudge.
 */
export async function nudgeRunner(deps: NudgeRunnerDeps): Promise<number> {
  const { waiting, runner, log, signal } = deps;
  let soonestMs = Infinity;
  for (const workflow of await waiting.waiting(atOnce)) {
    if (signal.aborted) break;
    try {
      await runner.nudge(workflow, signal);
    } catch (error) {
      log.warn('the workflow runner does not take a task', {
        task_id: workflow.taskId,
        error: messageOf(error),
      });
      soonestMs = againMs;
      break;
    }
  }
  const { sweepSeconds } = await waiting.settings();
  const expiryMs = await waiting.nextExpiryMs();
  return Math.min(sweepSeconds * 1000, expiryMs ?? Infinity, soonestMs);
}
