import type { GatewayClient } from '@cynodeai/api-client';
import { type LogStream, gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { CommandContext } from '../context.ts';
import { type ShownLogs, logsOf } from '../../gateway/answers.ts';
import { CommandError } from '@cynodeai/command-line/error';
import type { Output } from '@cynodeai/command-line/output';
import type { CommandInput } from '@cynodeai/command-line/definition';
import type { logsFlags, taskArgs } from './flags.ts';
import { type FollowOptions, followLogs } from './follow-logs.ts';
import { warnOfBinary } from './print-result.ts';
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
  for await (const piece of followLogs(client, options)) {
    const { taskId, jobId, stream, text, omittedBytes, binary } = piece;
    if (output.format === 'jsonl') {
      await output.line({
        task_id: taskId,
        job_id: jobId,
        stream,
        text,
        omitted_bytes: omittedBytes,
        binary,
      });
    } else if (output.format === 'table') {
      await output.text(lines.add(stream, `${gapLine(stream, omittedBytes)}${text}`));
    }
    if (output.closed.aborted) return;
  }
  await output.text(lines.end());
}

async function print(logs: ShownLogs, stream: LogStream, output: Output): Promise<void> {
  const { task_id, task_name, stdout, stderr, tail, binary } = logs;
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
  await output.print({
    records: [],
    json: { task_id, stream, lines: all, tail, binary, task_name },
  });
}

/** Writes one stream as the job did, as far as it is kept. */
async function writeBytes(
  logs: ShownLogs,
  stream: 'stdout' | 'stderr',
  { output, notes }: Pick<CommandContext, 'output' | 'notes'>,
): Promise<void> {
  const { head, tail: end } = logs.binary?.[stream] ?? {};
  const { text, omitted_bytes: missing } = logs.tail?.[stream] ?? {};
  const isText = head === undefined;
  const bytes = isText ? Buffer.from(logs[stream] ?? '') : Buffer.from(head, 'base64');
  if (isText) await output.text(logs[stream] ?? '');
  else if (!(await output.bytes(bytes))) {
    throw new CommandError(
      'usage',
      `${stream} is binary and is not shown on a terminal; write it into a file: add > FILE`,
    );
  }
  const omitted = (isText ? missing : end?.omitted_bytes) ?? 0;
  if (omitted > 0) {
    const [left, at] = [omitted, bytes.length].map((count) => count.toLocaleString('en-US'));
    await notes.warn(`${left} bytes of ${stream} are not kept, those behind the first ${at}`);
  }
  if (isText) await output.text(text ?? '');
  else await output.bytes(Buffer.from(end?.bytes ?? '', 'base64'));
}

/** Bytes are for one place, and for what is stored. */
function checkRaw(follow: boolean | undefined, { format }: Output): void {
  if (follow)
    throw new CommandError('usage', 'use --raw without --follow, when the task has ended');
  if (format !== 'table') {
    throw new CommandError('usage', 'use --raw without --output; JSON has the bytes in binary');
  }
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
  if (flags.raw) checkRaw(flags.follow, output);
  const client = await authenticated();
  const stream = flags.stream ?? (flags.raw ? 'stdout' : 'all');
  if (flags.follow) {
    await follow(client, output, { task: args.task, stream, signal });
    if (output.format !== 'json') return;
  }
  const answer = await client.read(gatewayRoutes.getTaskLogs, {
    params: { id: args.task },
    query: { stream },
  });
  const stored = logsOf(answer);
  if (flags.raw) {
    for (const name of ['stdout', 'stderr'] as const) {
      if (stream === name || stream === 'all') await writeBytes(stored, name, { output, notes });
    }
    return;
  }
  await print(stored, stream, output);
  await warnOfBinary(stored.binary, args.task, notes);
  const cut = (['stdout', 'stderr'] as const).filter(
    (name) => stored.truncated?.[name] && stored.tail?.[name] === undefined,
  );
  if (cut.length > 0) await notes.warn(`${cut.join(' and ')} was cut at the limit`);
}
