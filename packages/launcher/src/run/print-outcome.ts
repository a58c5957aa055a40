import process from 'node:process';
import type { TaskResult } from '@cynodeai/contracts/gateway';
import { demoModelRef } from '@cynodeai/contracts/model';
import { realModelCommand } from '../domain/inference.ts';
import type { Outcome } from '../domain/outcome.ts';

const demoText = `cynode-demo, a rule-based stand-in, not a neural network; for a real model: ${realModelCommand}`;

export function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** For programs. A fault before there was a task has no result. */
export function printJson(
  { kind, exitCode, ...rest }: Outcome,
  result: TaskResult,
  couldAskDemo: boolean,
): void {
  const { task_id, task_name, status } = result;
  const model = couldAskDemo ? { model: demoModelRef, demo: true } : {};
  writeJson({ task_id, task_name, status, outcome: kind, exit_code: exitCode, ...model, ...rest });
}

/**
 * For people: the job's streams as they are, remarks of ours on stderr.
 * @param couldAskDemo the job ran where the stand-in was the model it could reach
 */
export function printText(outcome: Outcome, couldAskDemo: boolean): void {
  process.stdout.write(outcome.stdout);
  // An answer is text of a model, which need not end its last line.
  const unended = outcome.model !== undefined && !/(?:^|\n)$/.test(outcome.stdout);
  if (unended) process.stdout.write('\n');
  process.stderr.write(outcome.stderr);
  for (const stream of ['stdout', 'stderr'] as const) {
    if (outcome.truncated[stream]) {
      process.stderr.write(`cynode: ${stream} was longer than what is kept and is cut off\n`);
    }
  }
  if (outcome.demo) process.stderr.write(`cynode: answered by ${demoText}\n`);
  else if (couldAskDemo) process.stderr.write(`cynode: the model of this job was ${demoText}\n`);
  if (outcome.message !== undefined) process.stderr.write(`cynode: ${outcome.message}\n`);
}
