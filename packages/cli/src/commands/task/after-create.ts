import type { GatewayClient } from '@cynodeai/api-client';
import { CliError } from '../../base/cli-error.ts';
import type { ShownTask } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import { printResult } from './print-result.ts';
import { exitStatusOf } from './task-end.ts';
import { waitForResult } from './wait-for-result.ts';

/** What is shown of a new task. */
export interface AfterCreate {
  readonly result?: boolean | undefined;
  readonly exitStatus?: boolean | undefined;
}

/** @throws CliError `usage` */
export function checkAfterCreate({ result, exitStatus }: AfterCreate): void {
  if (exitStatus && !result) throw new CliError('usage', '--exit-status needs --result');
}

/** Prints a new task, or waits for its end and prints that; answers the exit code. */
export async function afterCreate(
  client: GatewayClient,
  { task_id: id, task_name: name }: ShownTask,
  { result, exitStatus }: AfterCreate,
  { notes, output, signal }: Pick<CommandContext, 'notes' | 'output' | 'signal'>,
): Promise<number> {
  if (!result) {
    const created = { task_id: id, task_name: name };
    await output.print({ records: [created], json: created });
    return 0;
  }
  try {
    const outcome = await waitForResult(client, id, { notes, signal });
    await printResult(outcome, { notes, output });
    return exitStatus ? exitStatusOf(outcome) : 0;
  } catch (error) {
    if (signal.aborted) await notes.hint(`the task goes on; see it with: cynork task result ${id}`);
    throw error;
  }
}
