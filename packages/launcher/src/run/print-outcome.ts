import type { Notes, Output } from '@cynodeai/command-line/output';
import { messageOf } from '@cynodeai/runtime/std';
import type { TaskResult } from '@cynodeai/contracts/gateway';
import { demoModelRef } from '@cynodeai/contracts/model';
import { exitCodes } from '../domain/exit-codes.ts';
import { realModelCommand } from '../domain/inference.ts';
import type { Outcome } from '../domain/outcome.ts';

const demoText = `cynode-demo, a rule-based stand-in, not a neural network; for a real model: ${realModelCommand}`;

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
  { kind, exitCode, ...rest }: Outcome,
  result: TaskResult,
  couldAskDemo: boolean,
): Promise<void> {
  const { task_id, task_name, status } = result;
  const model = couldAskDemo ? { model: demoModelRef, demo: true } : {};
  const fields = { task_id, task_name, status, outcome: kind, exit_code: exitCode };
  await output.json({ ...fields, ...model, ...rest });
}

/**
 * For people: the job's streams as they are, remarks of ours on stderr.
 * @param couldAskDemo the job ran where the stand-in was the model it could reach
 */
export async function printText(
  { output, notes }: Printers,
  outcome: Outcome,
  couldAskDemo: boolean,
): Promise<void> {
  // What else there is to tell does not depend on the output.
  const lost = await output.text(outcome.stdout).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  // An answer is text of a model, which need not end its last line.
  const unended = outcome.model !== undefined && !/(?:^|\n)$/.test(outcome.stdout);
  if (unended && lost === undefined) await output.text('\n');
  await notes.text(outcome.stderr);
  for (const stream of ['stdout', 'stderr'] as const) {
    if (outcome.truncated[stream]) {
      await notes.text(`cynode: ${stream} was longer than what is kept and is cut off\n`);
    }
  }
  if (outcome.demo) await notes.text(`cynode: answered by ${demoText}\n`);
  else if (couldAskDemo) await notes.text(`cynode: the model of this job was ${demoText}\n`);
  if (outcome.message !== undefined) await notes.text(`cynode: ${outcome.message}\n`);
  if (lost !== undefined) throw lost.error;
}
