import type { GraphState } from '@cynodeai/contracts/agents';

export interface SummaryArtifact {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string | undefined;
}

export interface SummaryParts {
  readonly state: GraphState;
  readonly artifacts: readonly SummaryArtifact[];
  readonly verificationIds: readonly string[];
}

/** Longest summary, characters; the tool that stores it takes 64 KiB. */
const maxChars = 16_000;

/** Why a task failed, for people. */
const failureWords: Readonly<Record<NonNullable<GraphState['failure']>['code'], string>> = {
  max_attempts: 'a step failed as often as it may be tried',
  budget_exhausted: 'the task used up its time or its jobs',
  inference_unavailable: 'no model answered in time',
  plan_invalid: 'no plan could be made that may be run',
  needs_clarification: 'it is not clear what is wanted',
  no_remediation: 'a step failed, and nothing was found that would make another try differ',
  workflow_stuck: 'its workflow was taken over again and again without getting further',
};

function stepLines({ plan, attempts_by_step, current_step_index = 0 }: GraphState): string[] {
  return (plan?.steps ?? []).map(({ title }, index) => {
    const attempts = attempts_by_step?.[String(index)] ?? 0;
    const tried = attempts > 1 ? ` (try ${attempts})` : '';
    const outcome = index < current_step_index ? 'passed' : attempts > 0 ? 'failed' : 'not run';
    return `- ${title}: ${outcome}${tried}`;
  });
}

/** Which models were asked for what, and the records of why those; an answer's is told by its job. */
function modelLines({ routing = [] }: GraphState): string[] {
  return routing.map(
    ({ agent, purpose, model_ref: model, target, decision_id: decision }) =>
      `- ${purpose} (${agent}): ${model}, ${target}, decision ${decision}`,
  );
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];
}

/**
 * What a task came to, as Markdown, made of what was recorded and of nothing else: no model writes it.
 * See docs/reference/workflow.md#summary.
 */
export function summaryOf({ state, artifacts, verificationIds }: SummaryParts): string {
  const { failure, planner_degraded: degraded, plan, verification, preferences_effective } = state;
  const outcome =
    failure === undefined
      ? 'Completed: every step passed its verification.'
      : `Failed: ${failureWords[failure.code]}. ${failure.message}`;
  const judged = verification?.findings ?? [];
  const criteria = failure === undefined ? judged : [];
  const findings = failure === undefined ? [] : judged;
  const lines = [
    outcome,
    ...(degraded === true
      ? ['', 'No plan could be made; the answer is that of a model alone (`planner_degraded`).']
      : []),
    ...section('Steps', stepLines(state)),
    ...section(
      'Criteria',
      criteria.map(({ criterion, message }) => `- ${criterion}: met: ${message}`),
    ),
    ...section(
      'Findings',
      findings.map(({ severity, criterion, message }) => `- ${severity}: ${criterion}: ${message}`),
    ),
    ...section(
      'Files',
      artifacts.map(
        ({ path, sizeBytes, sha256 }) =>
          `- ${path} (${sizeBytes} bytes${sha256 === undefined ? '' : `, sha256 ${sha256}`})`,
      ),
    ),
    ...section(
      'Assumptions',
      (plan?.assumptions ?? []).map((assumption) => `- ${assumption}`),
    ),
    ...section(
      'Preferences applied',
      Object.keys(preferences_effective ?? {}).map((key) => `- ${key}`),
    ),
    ...section('Models', modelLines(state)),
    ...section(
      'Verifications',
      verificationIds.map((id) => `- ${id}`),
    ),
  ];
  const text = lines.join('\n');
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}\n…`;
}
