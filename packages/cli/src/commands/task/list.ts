import type { CommandContext } from '../context.ts';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { holding, taskOf } from '../../gateway/answers.ts';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { taskRows } from './task-rows.ts';
import type { listFlags } from './flags.ts';

type Input = Pick<CommandInput<Record<string, never>, typeof listFlags>, 'flags'>;

/** What a person is told in place of an empty list. */
function nothingOf({ status, cursor }: Input['flags']): string {
  if (cursor) return 'no more tasks';
  return status === undefined
    ? 'no tasks yet; create one with: cynork task create --prompt TEXT'
    : `no task is ${status}; all of them: cynork task list`;
}

/**
 * `cynork task list`: one page per call. See docs/reference/cli.md#paging and
 * docs/reference/cli.md#task-commands.
 */
export async function list(
  { authenticated, notes, output }: Pick<CommandContext, 'authenticated' | 'notes' | 'output'>,
  { flags }: Input,
): Promise<void> {
  const client = await authenticated();
  const { status, limit, cursor } = flags;
  const page = await client.read(gatewayRoutes.listTasks, {
    query: { status, limit: limit ?? 50, cursor: cursor === '' ? undefined : cursor },
  });
  const tasks = holding(page, 'tasks').tasks.map(taskOf);
  const next = page.next_cursor ?? '';
  if (output.format === 'table' && output.isScreen) {
    const { columns } = output;
    await output.text(taskRows(tasks, { now: new Date(), columns, ids: flags.ids ?? false }));
    if (tasks.length === 0) await notes.hint(nothingOf(flags));
    if (next !== '') await notes.hint(`there are more; add: --cursor ${next}`);
    return;
  }
  await output.print({
    records: tasks.map((task) => ({
      task_id: task.task_id,
      status: task.status,
      task_name: task.task_name,
    })),
    json: { tasks, next_cursor: next },
  });
  if (next !== '' && output.format === 'table') await notes.hint(`next_cursor=${next}`);
}
