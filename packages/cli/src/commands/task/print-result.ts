import { exitCodeOfJob } from '@cynodeai/api-client/task-end';
import { maskedText } from '@cynodeai/api-client/masked-text';
import { isTerminalTaskStatus } from '@cynodeai/contracts/gateway';
import { demoModelRef, canonicalModel } from '@cynodeai/contracts/model';
import { at } from '@cynodeai/runtime/std';
import type { ShownResult } from '../../gateway/answers.ts';
import type { Notes, Output, Fields } from '@cynodeai/command-line/output';

interface Streams {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit_code: number | undefined;
}

/**
 * The gateway's own fields, else what the jobs hold, in job order.
 * See docs/reference/cli.md#task-commands.
 */
export function streamsOf(result: ShownResult): Streams {
  const { stdout, stderr, jobs } = result;
  const joined = (stream: 'stdout' | 'stderr'): string =>
    jobs.map((job) => job.result?.[stream] ?? '').join('');
  return {
    stdout: stdout ?? joined('stdout'),
    stderr: stderr ?? joined('stderr'),
    exit_code: exitCodeOfJob(result),
  };
}

/** Why the answer of a model is not whole. */
const incomplete: Readonly<Record<string, string>> = {
  length: 'ended at the limit of its length and may not be complete',
  timeout: 'is not complete: the model took too long',
};

/** Says which streams are no text, and how to get their bytes. */
export async function warnOfBinary(
  binary: ShownResult['binary'],
  task: string,
  notes: Notes,
): Promise<void> {
  for (const stream of ['stdout', 'stderr'] as const) {
    if (binary?.[stream] === undefined) continue;
    const command = `cynork task logs ${task} --raw${stream === 'stderr' ? ' --stream stderr' : ''}`;
    await notes.warn(`${stream} is binary, not text; to save it as it is: ${command} > FILE`);
  }
}

/** Says which streams of which job were cut, and which answers are not whole. */
export async function warnOfCuts(
  { jobs, binary, task_id }: ShownResult,
  notes: Notes,
): Promise<void> {
  await warnOfBinary(binary, task_id, notes);
  for (const { id, result } of jobs) {
    const reason = at(result, 'inference', 'finish_reason');
    const why = typeof reason === 'string' ? incomplete[reason] : undefined;
    if (why !== undefined) {
      await notes.warn(`the answer of job ${id} ${why}`);
      continue;
    }
    const masked = result?.masked ?? [];
    if (masked.length > 0) await notes.warn(maskedText(masked, `job ${id}`));
    const cut = (['stdout', 'stderr'] as const).filter((name) => result?.truncated?.[name]);
    if (cut.length > 0) await notes.warn(`${cut.join(' and ')} of job ${id} was cut at the limit`);
  }
}

/** Says when the answer is not that of a neural network; `--quiet` keeps it. */
export async function nameDemoModel({ jobs }: ShownResult, notes: Notes): Promise<void> {
  const models = jobs.map((job) => at(job.result, 'inference', 'model'));
  if (
    !models.some((model) => typeof model === 'string' && canonicalModel(model) === demoModelRef)
  ) {
    return;
  }
  await notes.say(
    'answered by cynode-demo, a rule-based stand-in, not a neural network; a real model: cynode up --inference ollama',
  );
}

interface ResultOutput {
  readonly records: readonly Fields[];
  readonly json: unknown;
}

/**
 * A result in both formats; the streams are there only once it is terminal.
 * See docs/reference/cli.md#task-commands.
 */
export function resultOutput(result: ShownResult): ResultOutput {
  const { task_id, status, task_name } = result;
  const ended = isTerminalTaskStatus(status);
  const { stdout, stderr, exit_code } = streamsOf(result);
  const { tail, binary } = result;
  return {
    records: [{ task_id, status, task_name, ...(ended && { stdout, stderr }) }],
    json: {
      task_id,
      status,
      task_name,
      ...(ended && { stdout, stderr, tail, binary, exit_code }),
      jobs: result.jobs.map((job) => ({
        job_id: job.id,
        status: job.status,
        result: job.result ?? undefined,
        started_at: job.started_at,
        ended_at: job.ended_at,
      })),
    },
  };
}

/** Prints a result as `task result` does. */
export async function printResult(
  result: ShownResult,
  { notes, output }: { readonly notes: Notes; readonly output: Output },
): Promise<void> {
  await warnOfCuts(result, notes);
  await nameDemoModel(result, notes);
  await output.print(resultOutput(result));
}
