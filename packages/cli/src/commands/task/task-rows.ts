import { isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import { formatRows, spanText } from '@cynodeai/command-line/output';
import type { ShownTask } from '../../gateway/answers.ts';

/** How long something took or has taken; undefined where the gateway does not tell. */
function sinceMs(from: string | undefined, until: Date): number | undefined {
  const ms = until.getTime() - new Date(from ?? '').getTime();
  return Number.isNaN(ms) ? undefined : ms;
}

function durationText(task: ShownTask, now: Date): string {
  const isOver = isTerminalTaskStatus(task.status);
  const ms = sinceMs(task.started_at, isOver ? new Date(task.ended_at ?? '') : now);
  if (ms === undefined) return '';
  return `${isOver ? 'took' : 'for'} ${spanText(ms)}`;
}

function cellsOf(task: ShownTask, now: Date): [string, ...string[]] {
  const age = sinceMs(task.created_at, now);
  return [
    task.task_name ?? task.task_id,
    task.status,
    age === undefined ? '' : `${spanText(age)} ago`,
    durationText(task, now),
    task.exit_code === undefined ? '' : `exit ${task.exit_code}`,
  ];
}

/**
 * Tasks as a person at a terminal reads them: name, state, age, duration, exit code, and the id where it is asked for.
 * See docs/reference/cli.md#task-commands.
 * @param columns width of the window
 */
export function taskRows(
  tasks: readonly ShownTask[],
  {
    now,
    columns,
    ids,
  }: { readonly now: Date; readonly columns: number | undefined; readonly ids: boolean },
): string {
  const rows = tasks.map((task): [string, ...string[]] => [
    ...cellsOf(task, now),
    ...(ids ? [task.task_id] : []),
  ]);
  return formatRows(rows, columns);
}
