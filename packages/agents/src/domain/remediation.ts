import { type PlanStep, type RecommendedAction, planLimits } from '@cynodeai/contracts/agents';

type Remediation = NonNullable<PlanStep['remediation']>;

/** The command a step runs next: what a failed verification put in place of its own. */
export function commandOf(step: Extract<PlanStep, { readonly kind: 'sandbox_command' }>) {
  return step.remediation?.command ?? step.command;
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((word, index) => word === b[index]);

/** One that a plan can hold. */
const isCommand = (command: readonly string[] | undefined): command is string[] =>
  command !== undefined && command.length > 0 && command.length <= planLimits.commandWords;

/**
 * What the next try of a step does differently; undefined where no action makes a difference. A command must be none of
 * those that failed, unless a passing cause of the failure is named; a change of variables alone is none.
 * See docs/reference/workflow.md#verification.
 * @param earlier commands of tries before the last
 */
export function remediationOf(
  step: PlanStep,
  actions: readonly RecommendedAction[],
  earlier: readonly (readonly string[])[] = [],
): Remediation | undefined {
  for (const { action, text, command, transient_cause } of actions) {
    if (step.kind !== 'sandbox_command') {
      const isWords = action === 'change_instruction' || action === 'retry_transient';
      if (isWords && text.trim() !== '' && text !== step.remediation?.text) return { text };
      continue;
    }
    if (action === 'replace_command' && isCommand(command)) {
      const tried = [step.command, commandOf(step), ...earlier];
      if (!tried.some((each) => isSame(command, each))) return { text, command };
    }
    const cause = transient_cause?.trim();
    if (action === 'retry_transient' && cause !== undefined && cause !== '') {
      return { text, command: commandOf(step), transient_cause: cause };
    }
  }
  return undefined;
}
