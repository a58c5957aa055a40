import type { Plan } from '@cynodeai/contracts/agents';
import type { Bounds } from './next-node.ts';

/** Shells whose script stands behind `-c`. */
const shells = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'ash']);

/** The words that a command runs, without a shell around them. */
function unwrapped(command: readonly string[]): string {
  const [program = '', ...words] = command;
  const at = words.findIndex((word) => /^-[a-z]+$/.test(word) && word.includes('c'));
  if (shells.has(program.slice(program.lastIndexOf('/') + 1)) && at >= 0)
    return words.slice(at + 1).join(' ');
  return command.join(' ');
}

const squeezed = (text: string): string => text.trim().replaceAll(/\s+/g, ' ');

/**
 * What is wrong with a plan beyond its form, for the planner to mend. The words of a task never become a command.
 * See docs/reference/workflow.md#plan.
 */
export function faultsOfPlan(
  plan: Plan,
  prompt: string,
  { maxSteps }: Pick<Bounds, 'maxSteps'>,
): string[] {
  const faults: string[] = [];
  if (plan.steps.length > maxSteps) {
    faults.push(`steps: ${plan.steps.length} are too many, ${maxSteps} is the most`);
  }
  const seen = new Set<string>();
  for (const [index, step] of plan.steps.entries()) {
    if (seen.has(step.step_id))
      faults.push(`steps.${index}.step_id: ${step.step_id} is there twice`);
    seen.add(step.step_id);
    if (step.remediation !== undefined) {
      faults.push(`steps.${index}.remediation: only a verification sets it`);
    }
    if (step.kind === 'sandbox_agent') {
      faults.push(
        `steps.${index}.kind: no agent runs in sandboxes here; use sandbox_command steps`,
      );
    } else if (step.kind === 'sandbox_command' && step.requirements !== undefined) {
      faults.push(`steps.${index}.requirements: they are not taken; leave them out`);
    }
    if (step.kind === 'sandbox_command' && squeezed(unwrapped(step.command)) === squeezed(prompt)) {
      faults.push(`steps.${index}.command: the words of the task are no command; say what to run`);
    }
  }
  return faults;
}

const madeFolder = 'artifacts/';

/** Files that steps name and that are neither there nor made by an earlier step. */
export function inputFaults(plan: Plan, present: ReadonlySet<string>): string[] {
  const made = new Set([...present].map((path) => inputPath(path)));
  return plan.steps.flatMap(({ inputs, expected_outputs: outputs }, index) => {
    const known = [...made].join(', ') || 'no files';
    const missing = inputs.filter((path) => !made.has(path));
    for (const { artifact_path: path } of outputs) {
      if (path !== undefined) made.add(`${madeFolder}${path}`);
    }
    return missing.map((path) => `steps.${index}.inputs: there is no ${path}; there are ${known}`);
  });
}

/** Where a job finds a file of its task. */
export function inputPath(path: string): string {
  return path.startsWith('upload/') ? path : `${madeFolder}${path}`;
}
