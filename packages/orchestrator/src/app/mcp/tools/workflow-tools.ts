import type { Clock } from '@cynodeai/runtime/std';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { HandlersBelow } from '../tool-handlers.ts';
import { taskIdOf } from './call-user.ts';

/** Handlers of the tools on workflows. See docs/reference/workflow.md#nudge. */
export function workflowTools({ clock }: { readonly clock: Clock }): HandlersBelow<'workflow'> {
  return {
    'workflow.start': async (call) => async (effects) => {
      const taskId = taskIdOf(call);
      const task = await effects.tasks.lock(taskId);
      if (task === undefined) throw new ToolRefusal('not_found', 'no such task');
      if (task.closed) {
        throw new ToolRefusal('conflict', `the task has ended: it is ${task.status}`);
      }
      if (task.input_mode !== 'prompt') {
        const what = `the task is a task of ${task.input_mode}, which runs as it is`;
        throw new ToolRefusal('conflict', `${what}; only tasks in plain words have a workflow`);
      }
      return { status: await effects.tasks.askForWorkflow(taskId, clock.now()) };
    },
  };
}
