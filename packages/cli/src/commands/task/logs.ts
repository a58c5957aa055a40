import type { GatewayClient } from '@cynodeai/api-client';
import { type LogStream, gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { CommandContext } from '../context.ts';
import { type ShownLogs, logsOf } from '../../gateway/answers.ts';
import type { Output } from '@cynodeai/command-line/output';
import type { CommandInput } from '@cynodeai/command-line/definition';
import type { logsFlags, taskArgs } from './flags.ts';
import { type FollowOptions, followLogs } from './follow-logs.ts';
import { linesOf, WholeLines } from './whole-lines.ts';

/** A line that stands for what is left out of a stream. */
function gapLine(stream: string, bytes: number | undefined): string {
  if (bytes === undefined || bytes === 0) return '';
  return `\n[${bytes.toLocaleString('en-US')} bytes of ${stream} are left out here]\n`;
}

async function follow(
  client: GatewayClient,
  output: Output,
  options: FollowOptions,
): Promise<void> {
  const lines = new WholeLines();
  for await (const { taskId, jobId, stream, text, omittedBytes } of followLogs(client, options)) {
    if (output.format === 'jsonl') {
      await output.line({
        task_id: taskId,
        job_id: jobId,
        stream,
        text,
        omitted_bytes: omittedBytes,
      });
    } else if (output.format === 'table') {
      await output.text(lines.add(stream, `${gapLine(stream, omittedBytes)}${text}`));
    }
    if (output.closed.aborted) return;
  }
  await output.text(lines.end());
}

async function print(logs: ShownLogs, stream: LogStream, output: Output): Promise<void> {
  const { task_id, task_name, stdout, stderr, tail } = logs;
  if (output.format === 'table') {
    const lines = new WholeLines();
    for (const name of ['stdout', 'stderr'] as const) {
      const { omitted_bytes: omitted, text: end = '' } = tail?.[name] ?? {};
      const whole = `${logs[name] ?? ''}${gapLine(name, omitted)}${end}`;
      await output.text(lines.add('', whole) + lines.end());
    }
    return;
  }
  const all = [...linesOf(stdout), ...linesOf(stderr)];
  await output.print({ records: [], json: { task_id, stream, lines: all, tail, task_name } });
}

/**
 * `cynork task logs`: what is stored, or new output until the end; JSON is one value at the end.
 * See docs/reference/cli.md#task-commands.
 */
export async function logs(
  {
    authenticated,
    notes,
    output,
    signal,
  }: Pick<CommandContext, 'authenticated' | 'notes' | 'output' | 'signal'>,
  { args, flags }: CommandInput<typeof taskArgs, typeof logsFlags>,
): Promise<void> {
  const client = await authenticated();
  const stream = flags.stream ?? 'all';
  if (flags.follow) {
    await follow(client, output, { task: args.task, stream, signal });
    if (output.format !== 'json') return;
  }
  const answer = await client.read(gatewayRoutes.getTaskLogs, {
    params: { id: args.task },
    query: { stream },
  });
  const stored = logsOf(answer);
  await print(stored, stream, output);
  const cut = (['stdout', 'stderr'] as const).filter(
    (name) => stored.truncated?.[name] && stored.tail?.[name] === undefined,
  );
  if (cut.length > 0) await notes.warn(`${cut.join(' and ')} was cut at the limit`);
}
