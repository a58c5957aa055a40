import type { WorkflowTrigger } from '@cynodeai/contracts/common';
import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';

export interface TaskRunsDeps {
  /** Runs a task's graph until its end, or until the signal fires. */
  readonly run: (taskId: string, trigger: WorkflowTrigger, stop: AbortSignal) => Promise<string>;
  /** Tasks at once. */
  readonly atOnce: number;
  readonly log: Log;
}

/** Tasks that may wait here for their turn; whoever is not among them is told of again. */
const mostWaiting = 1000;

/**
 * The tasks whose graphs run in this process, so many at once; the others follow in the order in which they were told.
 * See docs/reference/workflow.md#nudge.
 */
export class TaskRuns {
  readonly #deps: TaskRunsDeps;
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, WorkflowTrigger>();
  readonly #stop = new AbortController();

  constructor(deps: TaskRunsDeps) {
    this.#deps = deps;
  }

  /** Has a look at a task; one that runs or waits here already stays as it is. False where no more are taken. */
  nudge(taskId: string, trigger: WorkflowTrigger): boolean {
    if (this.#stop.signal.aborted) return false;
    if (this.#running.has(taskId) || this.#waiting.has(taskId)) return true;
    if (this.#waiting.size >= mostWaiting) return false;
    this.#waiting.set(taskId, trigger);
    this.#begin();
    return true;
  }

  /** Gives back the leases of all that runs, and waits until that is done. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#waiting.clear();
    await Promise.all(this.#running.values());
  }

  #begin(): void {
    for (const [taskId, trigger] of this.#waiting) {
      if (this.#running.size >= this.#deps.atOnce) return;
      this.#waiting.delete(taskId);
      this.#running.set(taskId, this.#run(taskId, trigger));
    }
  }

  async #run(taskId: string, trigger: WorkflowTrigger): Promise<void> {
    const { run, log } = this.#deps;
    try {
      const ending = await run(taskId, trigger, this.#stop.signal);
      log.info('a workflow ended here', { task_id: taskId, ending });
    } catch (error) {
      log.warn('a workflow could not be run; its task will be told of again', {
        task_id: taskId,
        error: messageOf(error),
      });
    } finally {
      this.#running.delete(taskId);
      this.#begin();
    }
  }
}
