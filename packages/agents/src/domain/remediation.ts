import type { PlanStep, RecommendedAction } from '@cynodeai/contracts/agents';

type Remediation = NonNullable<PlanStep['remediation']>;

/** The command a step runs next: what a failed verification put in place of its own. */
export function commandOf(step: Extract<PlanStep, { readonly kind: 'sandbox_command' }>) {
  return step.remediation?.command ?? step.command;
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((word, index) => word === b[index]);

/**
 * What the next try of a step does differently; undefined where no action makes a difference. A command must be another
 * one, unless a passing cause of the failure is named; a change of variables alone is none.
 * See docs/reference/workflow.md#verification.
 */
export function remediationOf(
  step: PlanStep,
  actions: readonly RecommendedAction[],
): Remediation | undefined {
  for (const { action, text, command, transient_cause } of actions) {
    if (step.kind !== 'sandbox_command') {
      if (action === 'change_instruction' || action === 'retry_transient') return { text };
      continue;
    }
    if (action === 'replace_command' && command !== undefined && command.length > 0) {
      if (!isSame(command, commandOf(step))) return { text, command };
    }
    const cause = transient_cause?.trim();
    if (action === 'retry_transient' && cause !== undefined && cause !== '') {
      return { text, command: commandOf(step), transient_cause: cause };
    }
  }
  return undefined;
}
