import type { AgentTask } from '@cynodeai/contracts/mcp';
import type { Clock } from '@cynodeai/runtime/std';
import { mayMoveTask } from '../../../domain/mcp/task-moves.ts';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { Seal } from '../../../domain/tasks/page-cursor.ts';
import { chooseTaskName } from '../../../domain/tasks/task-name.ts';
import type { AgentTaskReader } from '../../../ports/agent-views.ts';
import type { BlobWriter } from '../../../ports/blobs-writer.ts';
import type { DiskSpace } from '../../../ports/disk-space.ts';
import type { Folders } from '../../../ports/folders.ts';
import type { AgentTaskWriter, TaskChange } from '../../../ports/tool-effects.ts';
import { createTask } from '../../tasks/create-task.ts';
import type { TaskNumbers } from '../../tasks/name-task.ts';
import type { HandlersBelow } from '../tool-handlers.ts';
import { callerOf, taskIdOf, userOf, visibleTo } from './call-user.ts';
import { pageByTime } from './pages.ts';

export interface TaskToolDeps {
  readonly tasks: AgentTaskReader;
  readonly blobs: BlobWriter;
  readonly folders: Pick<Folders, 'use'>;
  readonly disk: DiskSpace;
  readonly numbers: TaskNumbers;
  readonly seal: Seal;
  readonly clock: Clock;
}

function noSuchTask(): ToolRefusal {
  return new ToolRefusal('not_found', 'no such task');
}

async function locked(tasks: AgentTaskWriter, taskId: string): Promise<AgentTask> {
  const task = await tasks.lock(taskId);
  if (task === undefined) throw noSuchTask();
  return task;
}

async function changed(
  tasks: AgentTaskWriter,
  taskId: string,
  change: TaskChange,
  at: Date,
): Promise<AgentTask> {
  const task = await tasks.change(taskId, change, at);
  if (task !== 'name_taken') return task;
  throw new ToolRefusal('conflict', 'another task of its creator has that name; choose another');
}

/** Handlers of the tools on tasks. See docs/reference/mcp.md#tools. */
export function taskTools(deps: TaskToolDeps): HandlersBelow<'db.task'> {
  const { tasks, seal, clock } = deps;
  return {
    'db.task.get': async (call) => {
      const task = await tasks.find(taskIdOf(call));
      if (task === undefined) throw noSuchTask();
      return { task };
    },
    'db.task.list': async (call, { status, project_id: projectId, ...page }) => {
      const visible = visibleTo(userOf(call));
      const { rows, next_cursor } = await pageByTime(seal, page, (after, limit) =>
        tasks.list({ visible, status, projectId, after, limit }),
      );
      return { tasks: [...rows], next_cursor };
    },
    'db.task.create': async (call, args) => {
      const { description } = args;
      const request = {
        prompt: args.prompt,
        task_name: args.task_name,
        project_id: args.project_id,
        acceptance_criteria: args.acceptance_criteria,
      };
      return async ({ creation, tasks: written }) => {
        const made = await createTask(
          { ...deps, ...creation },
          callerOf(call, 'task.create', 'task'),
          { request, unstarted: true },
        );
        const { id } = made.value;
        if (description === undefined) return { task: await locked(written, id) };
        return { task: await changed(written, id, { description }, clock.now()) };
      };
    },
    'db.task.update': async (call, args) => async (effects) => {
      const taskId = taskIdOf(call);
      const task = await locked(effects.tasks, taskId);
      const expected = args.expected_updated_at;
      if (expected !== undefined && Date.parse(expected) !== Date.parse(task.updated_at)) {
        const found = `it was changed at ${task.updated_at}`;
        throw new ToolRefusal(
          'conflict',
          `the task is another one by now: ${found}; read it again`,
        );
      }
      const change = {
        name: args.task_name === undefined ? undefined : chooseTaskName(args.task_name, '').name,
        description: args.description,
        acceptanceCriteria: args.acceptance_criteria,
        summary: args.summary,
        metadataPatch: args.metadata_patch,
      };
      return { task: await changed(effects.tasks, taskId, change, clock.now()) };
    },
    'db.task.update_status':
      async (call, { status }) =>
      async (effects) => {
        const taskId = taskIdOf(call);
        const task = await locked(effects.tasks, taskId);
        if (task.status === status) return { task };
        const isNamed =
          status !== 'superseded' || typeof task.metadata['superseded_by'] === 'string';
        if (!mayMoveTask(task.status, status) || !isNamed) {
          const why = isNamed ? '' : '; its metadata must say superseded_by';
          throw new ToolRefusal(
            'invalid_transition',
            `a task that is ${task.status} does not become ${status}${why}`,
          );
        }
        return { task: await effects.tasks.move(taskId, status, clock.now()) };
      },
  };
}
