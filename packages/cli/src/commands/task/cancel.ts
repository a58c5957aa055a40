import type { CommandContext } from '../../command-context.ts';
import { readRoutes } from '../../gateway/read-routes.ts';
import type { CommandInput } from '../../program/flag.ts';
import type { cancelFlags, taskArgs } from './flags.ts';

/** `cynork task cancel`: asks first; anything but y sends nothing. Contract 05 sections 2.5 and 7.4. */
export async function cancel(
  {
    authenticated,
    notes,
    output,
    terminal,
  }: Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'terminal'>,
  { args, flags }: CommandInput<typeof taskArgs, typeof cancelFlags>,
): Promise<void> {
  const client = await authenticated();
  if (!flags.yes && !(await terminal.confirm(`Cancel task ${args.task}? [y/N]`))) {
    await notes.say('aborted');
    if (output.format === 'table') return;
    await output.print({ records: [], json: { task_id: args.task, aborted: true } });
    return;
  }
  const answer = await client.call(readRoutes.cancelTask, { params: { id: args.task } });
  const canceled = { task_id: answer.task_id, canceled: true, task_name: answer.task_name };
  await output.print({ records: [canceled], json: canceled });
}
