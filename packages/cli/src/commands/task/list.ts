import type { GatewayClient } from '@cynodeai/api-client';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { type ShownTask, holding, taskOf } from '../../gateway/answers.ts';
import type { CommandContext } from '../context.ts';
import type { listFlags } from './flags.ts';
import { type ListFlags, isNarrowed, listQuery } from './list-query.ts';
import { taskRows } from './task-rows.ts';

type Context = Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'signal'>;

interface Page {
  readonly tasks: readonly ShownTask[];
  readonly next: string;
}

/** What a person is told in place of an empty list. */
function nothingOf(flags: ListFlags): string {
  if (flags.cursor) return 'no more tasks';
  if (!isNarrowed(flags)) return 'no tasks yet; create one with: cynork task create --prompt TEXT';
  const { status, ...rest } = flags;
  const others = isNarrowed(rest);
  return status === undefined || others
    ? 'no task is like that; all of them: cynork task list'
    : `no task is ${status}; all of them: cynork task list`;
}

/** One page, or every one that follows. */
async function* pagesOf(
  client: GatewayClient,
  query: ReturnType<typeof listQuery>,
  { all, signal }: { readonly all: boolean; readonly signal: AbortSignal },
): AsyncGenerator<Page, void> {
  const seen = new Set<string>();
  let { cursor } = query;
  for (;;) {
    signal.throwIfAborted();
    const page = await client.read(gatewayRoutes.listTasks, { query: { ...query, cursor } });
    const next = page.next_cursor ?? '';
    yield { tasks: holding(page, 'tasks').tasks.map(taskOf), next };
    // A gateway that gives one cursor twice would never come to an end.
    if (!all || next === '' || seen.has(next)) return;
    seen.add(next);
    cursor = next;
  }
}

async function printPage({ tasks, next }: Page, context: Context, flags: ListFlags) {
  const { notes, output } = context;
  if (output.isScreen) {
    const { columns } = output;
    await output.text(taskRows(tasks, { now: new Date(), columns, ids: flags.ids ?? false }));
    if (next !== '' && !flags.all) await notes.hint(`there are more; add: --cursor ${next}`);
    return;
  }
  const records = tasks.map(({ task_id, status, task_name }) => ({ task_id, status, task_name }));
  await output.print({ records, json: undefined });
  if (next !== '' && !flags.all) await notes.hint(`next_cursor=${next}`);
}

/**
 * `cynork task list`: one page per call unless told. See docs/reference/cli.md#paging and
 * docs/reference/cli.md#task-commands.
 */
export async function list(
  context: Context,
  { flags }: Pick<CommandInput<Record<string, never>, typeof listFlags>, 'flags'>,
): Promise<void> {
  const { authenticated, notes, output, signal } = context;
  const query = listQuery(flags, new Date());
  const client = await authenticated();
  const all = flags.all ?? false;
  const found: ShownTask[] = [];
  let last = '';
  let count = 0;
  for await (const page of pagesOf(client, query, { all, signal })) {
    last = page.next;
    count += page.tasks.length;
    if (output.format === 'table') await printPage(page, context, flags);
    else found.push(...page.tasks);
    if (output.closed.aborted) return;
  }
  if (output.format !== 'table') {
    await output.print({ records: [], json: { tasks: found, next_cursor: last } });
  } else if (count === 0 && output.isScreen && last === '') {
    await notes.hint(nothingOf(flags));
  }
}
