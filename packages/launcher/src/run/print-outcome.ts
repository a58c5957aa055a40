import type { Notes, Output } from '@cynodeai/command-line/output';
import { messageOf } from '@cynodeai/runtime/std';
import type { TaskResult } from '@cynodeai/contracts/gateway';
import { demoModelRef } from '@cynodeai/contracts/model';
import { exitCodes } from '../domain/exit-codes.ts';
import { realModelCommand } from '../domain/inference.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { LeftFiles } from './left-files.ts';
import type { LivePrinter } from './live-printer.ts';

const demoText = `cynode-demo, a rule-based stand-in, not a neural network; for a real model: ${realModelCommand}`;

/** A task that has ended. */
export interface Ran {
  readonly result: TaskResult;
  readonly outcome: Outcome;
  /** The model the job could reach was the stand-in. */
  readonly couldAskDemo: boolean;
  /** Printed the output as it came, as far as it did. */
  readonly live?: Pick<LivePrinter, 'rest'>;
  /** Files that the job left. */
  readonly left?: LeftFiles;
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
  print: () => Promise<void>,
  { exitCode }: Pick<Outcome, 'exitCode'>,
  { notes }: Pick<Printers, 'notes'>,
): Promise<number> {
  try {
    await print();
    return exitCode;
  } catch (error) {
    await notes.text(`cynode: ${messageOf(error)}\n`);
    return exitCode === 0 ? exitCodes.fault : exitCode;
  }
}

/** For programs. A fault before there was a task has no result. */
export async function printJson(
  { output }: Pick<Printers, 'output'>,
  { outcome: { kind, exitCode, finishReason, ...rest }, result, couldAskDemo, left }: Ran,
): Promise<void> {
  const { task_id, task_name, status } = result;
  const model = couldAskDemo ? { model: demoModelRef, demo: true } : {};
  const fields = { task_id, task_name, status, outcome: kind, exit_code: exitCode };
  const finish = finishReason === undefined ? {} : { finish_reason: finishReason };
  await output.json({ ...fields, ...model, ...finish, ...rest, ...(left && filesOf(left)) });
}

function filesOf({ names, lost, saved, fault }: LeftFiles): object {
  if (names.length + lost.length === 0) return {};
  return { files: { names, lost, saved_in: saved?.out, fault } };
}

/** Why a stream is not whole, in the words of who made it. */
function cutNote({ model, finishReason }: Outcome, stream: 'stdout' | 'stderr'): string {
  const isAnswer = stream === 'stdout' && model !== undefined;
  if (isAnswer && finishReason === 'length') {
    return 'the answer ended at the limit of its length and may not be complete';
  }
  if (isAnswer && finishReason === 'timeout')
    return 'the answer is not complete: the model took too long';
  return `${stream} was longer than what is kept and is cut off`;
}

/** How many lost files are named one by one. */
const namedFiles = 5;
const files = (count: number): string => (count === 1 ? '1 file' : `${count} files`);

function leftLines({ taskId, names, lost, saved, fault }: LeftFiles): readonly string[] {
  const later = `cynork task artifacts get-all ${taskId} --out DIR`;
  const kept =
    saved === undefined
      ? `the job left ${files(names.length)}; to save: ${later}`
      : `${files(saved.files.length)} saved in ${saved.out}`;
  const rest = lost.length - namedFiles;
  return [
    ...lost
      .slice(0, namedFiles)
      .map(({ name, reason }) => `${JSON.stringify(name)} was not kept: ${reason}`),
    ...(rest > 0 ? [`${files(rest)} more ${rest === 1 ? 'was' : 'were'} not kept`] : []),
    ...(fault === undefined ? [] : [fault]),
    ...(names.length > 0 ? [kept] : []),
  ];
}

/** For people: the job's streams as they are, remarks of ours on stderr. */
export async function printText(
  { output, notes }: Printers,
  { outcome, couldAskDemo, live, left }: Omit<Ran, 'result'>,
): Promise<void> {
  const rest = live === undefined ? outcome : await live.rest(outcome);
  // What else there is to tell does not depend on the output.
  const lost = await output.text(rest.stdout).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  // An answer is text of a model, which need not end its last line.
  const unended = outcome.model !== undefined && !/(?:^|\n)$/.test(outcome.stdout);
  if (unended && lost === undefined) await output.text('\n');
  await notes.text(rest.stderr);
  for (const stream of ['stdout', 'stderr'] as const) {
    if (outcome.truncated[stream]) await notes.text(`cynode: ${cutNote(outcome, stream)}\n`);
  }
  if (outcome.demo) await notes.text(`cynode: answered by ${demoText}\n`);
  else if (couldAskDemo) await notes.text(`cynode: the model of this job was ${demoText}\n`);
  if (outcome.message !== undefined) await notes.text(`cynode: ${outcome.message}\n`);
  for (const line of left === undefined ? [] : leftLines(left))
    await notes.text(`cynode: ${line}\n`);
  if (lost !== undefined) throw lost.error;
}
