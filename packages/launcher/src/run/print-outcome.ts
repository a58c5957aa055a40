import { maskedText } from '@cynodeai/api-client/masked-text';
import type { Notes, Output } from '@cynodeai/command-line/output';
import { messageOf } from '@cynodeai/runtime/std';
import type { StreamBytes, StreamTail } from '@cynodeai/contracts/common';
import type { TaskResult } from '@cynodeai/contracts/gateway';
import { demoModelRef } from '@cynodeai/contracts/model';
import { exitCodes } from '../base/exit-code.ts';
import { realModelCommand } from '../domain/inference.ts';
import type { Outcome } from './outcome.ts';
import { type LeftFiles, exitCodeWith } from './left-files.ts';
import { gapNote, type LivePrinter } from './live-printer.ts';

const demoText = `cynode-demo, a rule-based stand-in, not a neural network; for a real model: ${realModelCommand}`;

/** A task that has ended. */
export interface Ran {
  readonly result: TaskResult;
  readonly outcome: Outcome;
  /** The model the job could reach was the stand-in. */
  readonly couldAskDemo: boolean;
  /** Printed the output as it came, as far as it did. */
  readonly live?: Pick<LivePrinter, 'rest'>;
  /** Finds the files that the job left, and saves them. */
  readonly takeFiles?: () => Promise<LeftFiles>;
}

/** Where an outcome is printed. */
interface Printers {
  readonly output: Output;
  readonly notes: Notes;
}

/**
 * Prints the end of a task and answers the exit code: the job's own counts, whatever becomes of the output; only for
 * one that went well a lost output is a fault.
 */
export async function printed(
  print: () => Promise<number>,
  { exitCode }: Pick<Outcome, 'exitCode'>,
  { notes }: Pick<Printers, 'notes'>,
): Promise<number> {
  try {
    return await print();
  } catch (error) {
    await notes.text(`cynode: ${messageOf(error)}\n`);
    return exitCode === 0 ? exitCodes.fault : exitCode;
  }
}

/** For programs; answers the exit code. A fault before there was a task has no result. */
export async function printJson(
  { output }: Pick<Printers, 'output'>,
  { outcome, result, couldAskDemo, takeFiles }: Ran,
): Promise<number> {
  const left = await takeFiles?.();
  const { kind, finishReason, exitCode: ofJob, ...rest } = outcome;
  const exitCode = exitCodeWith(ofJob, left);
  const { task_id, task_name, status } = result;
  const model = couldAskDemo ? { model: demoModelRef, demo: true } : {};
  const fields = { task_id, task_name, status, outcome: kind, exit_code: exitCode };
  const finish = finishReason === undefined ? {} : { finish_reason: finishReason };
  await output.json({ ...fields, ...model, ...finish, ...rest, ...(left && filesOf(left)) });
  return exitCode;
}

function filesOf({ names, lost, omitted, out, saved, fault }: LeftFiles): object {
  if (names.length + lost.length + omitted === 0 && out === undefined) return {};
  const saved_in = saved === undefined ? undefined : out;
  return { files: { names, lost, ...(omitted > 0 && { omitted }), saved_in, fault } };
}

/** Why a stream is not whole, in the words of who made it. */
function cutNote({ model, finishReason }: Outcome, stream: 'stdout' | 'stderr'): string {
  const isAnswer = stream === 'stdout' && model !== undefined;
  if (isAnswer && finishReason === 'length') {
    return 'the answer ended at the limit of its length and may not be complete';
  }
  if (isAnswer && finishReason === 'timeout')
    return 'the answer is not complete: the model took too long';
  return `${stream} was longer than what is kept, and is cut off`;
}

/** How many lost files are named one by one. */
const namedFiles = 5;
const files = (count: number): string => (count === 1 ? '1 file' : `${count} files`);

const wereNotKept = (count: number, more = ''): string =>
  `${files(count)}${more} ${count === 1 ? 'was' : 'were'} not kept`;

function keptLines({ taskId, names, lost, omitted, out = '', saved }: LeftFiles): string[] {
  if (saved !== undefined) return [`${files(saved.files.length)} saved in ${out}`];
  if (names.length > 0) {
    const later = `cynork task artifacts get-all ${taskId} --out DIR`;
    return [`the job left ${files(names.length)}; to save: ${later}`];
  }
  const isMissed = out !== '' && lost.length + omitted === 0;
  return isMissed ? [`the job left no files in /job/artifacts; nothing was saved in ${out}`] : [];
}

function leftLines(left: LeftFiles): readonly string[] {
  const { lost, omitted, fault } = left;
  const rest = lost.length - namedFiles;
  return [
    ...lost
      .slice(0, namedFiles)
      .map(({ name, reason }) => `${JSON.stringify(name)} was not kept: ${reason}`),
    ...(rest > 0 ? [wereNotKept(rest, ' more')] : []),
    ...(omitted > 0 ? [`${wereNotKept(omitted)}: beyond what is kept of one job`] : []),
    ...(fault === undefined ? [] : [fault]),
    ...keptLines(left),
  ];
}

async function printTail(
  { output, notes }: Printers,
  stream: 'stdout' | 'stderr',
  tail: StreamTail | undefined,
): Promise<void> {
  if (tail === undefined) return;
  if (tail.omitted_bytes > 0) await notes.text(gapNote(stream, tail.omitted_bytes));
  await (stream === 'stdout' ? output.text(tail.text) : notes.text(tail.text));
}

type Stream = 'stdout' | 'stderr';

/** Writes a stream that is no text byte for byte; a terminal is told how to get it. */
async function printBytes(
  { output, notes }: Printers,
  stream: Stream,
  { head, tail }: StreamBytes,
  taskId: string,
): Promise<void> {
  const to = stream === 'stdout' ? output : notes;
  const [begin, end] = [Buffer.from(head, 'base64'), Buffer.from(tail?.bytes ?? '', 'base64')];
  if (!(await to.bytes(begin))) {
    const count = (begin.length + end.length).toLocaleString('en-US');
    const which = stream === 'stderr' ? ' --stream stderr' : '';
    const command = `cynork task logs ${taskId} --raw${which} > FILE`;
    const what = `${stream} is binary, and ${count} bytes of it are not shown`;
    await notes.text(`cynode: ${what}; to save it: ${command}\n`);
    return;
  }
  if (tail === undefined) return;
  if (tail.omitted_bytes > 0) await notes.text(gapNote(stream, tail.omitted_bytes));
  await to.bytes(end);
}

/** Why standard output could not be written; undefined where it was. */
function faultOf(printing: Promise<void>): Promise<{ readonly error: unknown } | undefined> {
  return printing.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
}

/** For people: the job's streams as they are, then remarks of ours on stderr; answers the exit code. */
export async function printText(
  { output, notes }: Printers,
  { outcome, couldAskDemo, live, takeFiles, result }: Omit<Ran, 'result'> & Partial<Ran>,
): Promise<number> {
  const rest = live === undefined ? outcome : await live.rest(outcome);
  // What else there is to tell does not depend on the output.
  const { stdout: outBytes, stderr: errBytes } = rest.binary ?? {};
  const taskId = result?.task_id ?? 'TASK';
  const printers = { output, notes };
  const lost = await faultOf(
    outBytes ? printBytes(printers, 'stdout', outBytes, taskId) : output.text(rest.stdout),
  );
  // An answer is text of a model, which need not end its last line.
  const unended = outcome.model !== undefined && !/(?:^|\n)$/.test(outcome.stdout);
  if (unended && lost === undefined) await output.text('\n');
  if (errBytes) await printBytes(printers, 'stderr', errBytes, taskId);
  else await notes.text(rest.stderr);
  if (lost === undefined && !outBytes) await printTail(printers, 'stdout', rest.tail?.stdout);
  if (!errBytes) await printTail(printers, 'stderr', rest.tail?.stderr);
  for (const stream of ['stdout', 'stderr'] as const) {
    const isTold = outcome.tail?.[stream] !== undefined;
    if (outcome.truncated[stream] && !isTold)
      await notes.text(`cynode: ${cutNote(outcome, stream)}\n`);
  }
  if (outcome.masked) await notes.text(`cynode: ${maskedText(outcome.masked, 'the job')}\n`);
  if (outcome.demo) await notes.text(`cynode: answered by ${demoText}\n`);
  else if (couldAskDemo) await notes.text(`cynode: the model of this job was ${demoText}\n`);
  if (outcome.message !== undefined) await notes.text(`cynode: ${outcome.message}\n`);
  // Whoever waits for the output need not wait for files.
  const left = await takeFiles?.();
  for (const line of left === undefined ? [] : leftLines(left))
    await notes.text(`cynode: ${line}\n`);
  if (lost !== undefined) throw lost.error;
  return exitCodeWith(outcome.exitCode, left);
}
