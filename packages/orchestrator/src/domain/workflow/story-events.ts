import type { WorkflowNode, WorkflowState } from '@cynodeai/contracts/control-plane';
import { utf8Bytes } from '@cynodeai/contracts/common';
import { truncateUtf8 } from '@cynodeai/runtime/std';
import type { NewTaskEvent } from '../jobs/job-events.ts';

/** A state and the node behind which it was kept. */
export interface Checkpoint {
  readonly lastNodeId: WorkflowNode;
  readonly state: WorkflowState;
}

/** Longest words of the findings of one event together, bytes. */
const findingsBytes = 16 * 1024;

type EventOf<N extends NewTaskEvent['event']> = Extract<NewTaskEvent, { readonly event: N }>;
type Data<N extends NewTaskEvent['event']> = Omit<EventOf<N>['data'], 'at' | 'task_id'>;

function planOf(state: WorkflowState | undefined): Data<'workflow.plan'> | undefined {
  if (state?.plan === undefined) return undefined;
  const steps = state.plan.steps.map(({ step_id, title, kind }, step_index) => ({
    step_index,
    step_id,
    title,
    kind,
  }));
  return { steps, planner_degraded: state.planner_degraded ?? false };
}

/** A try of a step, once its job has an id. */
interface Attempt {
  readonly step_index: number;
  readonly attempt: number;
  readonly job_id: string;
}

function attemptOf(state: WorkflowState | undefined, index: number): Attempt | undefined {
  const attempt = state?.attempts_by_step?.[String(index)];
  const jobId = state?.job_ids_by_step?.[String(index)];
  if (attempt === undefined || jobId === undefined) return undefined;
  return { step_index: index, attempt, job_id: jobId };
}

/** Tries that began with this state. */
function begun(state: WorkflowState, before: WorkflowState | undefined): Attempt[] {
  return Object.keys(state.attempts_by_step ?? {})
    .map(Number)
    .toSorted((a, b) => a - b)
    .flatMap((index) => {
      const attempt = attemptOf(state, index);
      const isNew = attempt !== undefined && attempt.job_id !== attemptOf(before, index)?.job_id;
      return isNew ? [attempt] : [];
    });
}

function wordsOf(findings: readonly { readonly message: string }[]): string[] {
  let left = findingsBytes;
  const words: string[] = [];
  for (const { message } of findings) {
    const { text } = truncateUtf8(message, left);
    left -= utf8Bytes(text);
    if (text !== '') words.push(text);
  }
  return words;
}

/** Codes of failures that a verdict ends a task with; any other cut its try short. */
const verdictFailures: ReadonlySet<string> = new Set([
  'max_attempts',
  'needs_clarification',
  'no_remediation',
]);

/** A node that can do no more notes why; a verdict beside that is one of an earlier try. */
function isCutShort({ failure }: WorkflowState): boolean {
  return failure !== undefined && !verdictFailures.has(failure.code);
}

/** The try whose job was queued and that no verdict will come for. */
function cutShort({ lastNodeId, state }: Checkpoint, before: Checkpoint | undefined) {
  const isUnderWay = lastNodeId === 'collect_result' || lastNodeId === 'verify_step_result';
  if (!isUnderWay || !isCutShort(state) || before?.state.failure !== undefined) return undefined;
  return attemptOf(state, state.current_step_index ?? 0);
}

interface Verdict extends Attempt {
  readonly status: 'pass' | 'fail';
  readonly findings: readonly string[];
}

/** The verdict a checkpoint behind the verification holds: a step that passed is behind the current one. */
function verdictOf(checkpoint: Checkpoint | undefined): Verdict | undefined {
  if (checkpoint?.lastNodeId !== 'verify_step_result' || isCutShort(checkpoint.state)) {
    return undefined;
  }
  const { verification, current_step_index: current = 0 } = checkpoint.state;
  if (verification === undefined) return undefined;
  const { status } = verification;
  const attempt = attemptOf(checkpoint.state, status === 'pass' ? current - 1 : current);
  return attempt && { ...attempt, status, findings: wordsOf(verification.findings) };
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * What a checkpoint tells of its task that the one before it did not; the same one again tells nothing.
 * See docs/reference/workflow.md#story.
 */
export function storyEvents(
  next: Checkpoint,
  before: Checkpoint | undefined,
  at: Date,
): NewTaskEvent[] {
  const { task_id } = next.state;
  const events: NewTaskEvent[] = [];
  const stamp = { task_id, at: at.toISOString() };
  const plan = planOf(next.state);
  if (plan !== undefined && !isSame(plan, planOf(before?.state))) {
    events.push({ event: 'workflow.plan', data: { ...stamp, ...plan } });
  }
  for (const attempt of begun(next.state, before?.state)) {
    events.push({ event: 'workflow.step', data: { ...stamp, ...attempt, status: 'running' } });
  }
  const cut = cutShort(next, before);
  if (cut !== undefined) {
    events.push({ event: 'workflow.step', data: { ...stamp, ...cut, status: 'failed' } });
  }
  const verdict = verdictOf(next);
  if (verdict === undefined || isSame(verdict, verdictOf(before))) return events;
  const { step_index, attempt, job_id, status, findings } = verdict;
  const step = { ...stamp, step_index, attempt };
  const ended = status === 'pass' ? 'passed' : 'failed';
  events.push(
    { event: 'workflow.verification', data: { ...step, status, findings: [...findings] } },
    { event: 'workflow.step', data: { ...step, job_id, status: ended } },
  );
  return events;
}
