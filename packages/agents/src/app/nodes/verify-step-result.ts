import {
  type Finding,
  type GraphState,
  type RecommendedAction,
  findingSchema,
  recommendedActionSchema,
} from '@cynodeai/contracts/agents';
import type { Verification } from '@cynodeai/contracts/mcp';
import { commandOf, remediationOf } from '../../domain/remediation.ts';
import type { Analyst } from '../../ports/analysts.ts';
import { type Judge, type Judgement, judgeStep } from '../judge-step.ts';
import {
  type NodeScene,
  type NodeWork,
  boundsOf,
  presentJob,
  presentStep,
  stepsOf,
  triedCommands,
  withRoutes,
} from '../node-scene.ts';
import { settingsBelow, verificationsOf } from '../pages.ts';
import { patientTools } from '../patient-tools.ts';
import { readPreferences } from './load-task-context.ts';

/** Analysts at once where no setting says otherwise. */
const usualAnalysts = 4;

const analystKeys = {
  enabled: 'agents.project_analyst.enabled',
  atOnce: 'agents.project_analyst.max_concurrent',
} as const;

/** An analyst of its own, or nothing where none is wanted or free. */
async function takeAnalyst({ deps, tools, lease, signal }: NodeScene) {
  const settings = await settingsBelow(tools, 'agents.project_analyst.', signal);
  if (settings.get(analystKeys.enabled) === false) return undefined;
  const set = settings.get(analystKeys.atOnce);
  const most = Number.isSafeInteger(set) && Number(set) > 0 ? Number(set) : usualAnalysts;
  const giveBack = await deps.places.take(most, deps.sleep, signal);
  if (giveBack === undefined) return undefined;
  try {
    return { analyst: await deps.analysts.open(lease, signal), giveBack };
  } catch (error) {
    giveBack();
    throw error;
  }
}

/** Actions of one verdict, and their size as JSON, characters: a record takes no more. */
const mostActions = 10;
const actionChars = 64 * 1024;

function boundedActions(actions: readonly RecommendedAction[]): RecommendedAction[] {
  const kept = actions.slice(-mostActions);
  while (kept.length > 0 && JSON.stringify(kept).length > actionChars) kept.shift();
  return kept;
}

async function record(
  scene: NodeScene,
  { tools }: Pick<Judge, 'tools'>,
  judgement: Judgement,
): Promise<Verification> {
  const { state, task, lease, signal } = scene;
  const { index, attempt } = presentStep(state);
  const args = {
    task_id: task.id,
    step_index: index,
    attempt,
    status: judgement.status,
    findings: [...judgement.findings],
    recommended_actions: boundedActions(judgement.actions),
    preferences_applied: [...(state.preferences_applied ?? [])],
    job_id: presentJob(state, index),
    run_id: lease.runId,
  };
  const { verification } = await tools.call('db.verification.create', args, signal);
  return verification;
}

interface Verified {
  readonly verification: Verification;
  readonly routes: Judgement['routes'];
}

async function verify(scene: NodeScene): Promise<Verified> {
  const { deps, tools } = scene;
  const instructions = deps.instructions.project_analyst;
  const taken = await takeAnalyst(scene);
  const judge = (analyst: Analyst | undefined): Judge =>
    analyst === undefined
      ? { agent: 'project_manager', instructions, tools }
      : { agent: 'project_analyst', instructions, tools: patientTools(analyst.tools, deps.sleep) };
  try {
    const who = judge(taken?.analyst);
    const judgement = await judgeStep(scene, who);
    return { verification: await record(scene, who, judgement), routes: judgement.routes };
  } finally {
    taken?.giveBack();
    await taken?.analyst.close();
  }
}

/** What was recorded of this try before a crash: it holds, whatever would be found now. */
async function recorded({ state, task, tools, signal }: NodeScene) {
  const { index, attempt } = presentStep(state);
  const known = await verificationsOf(tools, task.id, signal);
  return known.find((each) => each.step_index === index && each.attempt === attempt);
}

const read = <T>(values: readonly unknown[], parse: (value: unknown) => { data?: T }): T[] =>
  values.flatMap((value) => {
    const { data } = parse(value);
    return data === undefined ? [] : [data];
  });

/** The state behind a verification, by what its record says and nothing else. */
function stateBehind(
  state: GraphState,
  { status, findings: found, recommended_actions: actions }: Verification,
): GraphState {
  const { step, index, attempt } = presentStep(state);
  const findings: Finding[] = read(found, (value) => findingSchema.safeParse(value));
  const recommended: RecommendedAction[] = read(actions, (value) =>
    recommendedActionSchema.safeParse(value),
  );
  const verification = {
    status: status === 'pass' ? ('pass' as const) : ('fail' as const),
    findings,
    recommended_actions: recommended,
  };
  const next = { ...state, verification };
  if (status === 'pass') return { ...next, current_step_index: index + 1 };
  const failed = (code: NonNullable<GraphState['failure']>['code'], message: string) => ({
    ...next,
    failure: { code, message },
  });
  const asked = recommended.find(({ action }) => action === 'ask_user')?.text;
  const title = JSON.stringify(step.title);
  if (status === 'needs_clarification') {
    return failed('needs_clarification', asked ?? findings[0]?.message ?? `Step ${title}.`);
  }
  if (attempt >= boundsOf(state).max_attempts) {
    return failed('max_attempts', `Step ${title} failed ${attempt} times.`);
  }
  const tried = triedCommands(state, index);
  const remediation = remediationOf(step, recommended, tried);
  if (remediation === undefined) {
    return asked === undefined
      ? failed('no_remediation', `Step ${title}.`)
      : failed('needs_clarification', asked);
  }
  const steps = stepsOf(state).map((each, at) => (at === index ? { ...each, remediation } : each));
  const replaced = step.kind === 'sandbox_command' ? [...tried, commandOf(step)] : [];
  return {
    ...next,
    ...(state.plan !== undefined && { plan: { ...state.plan, steps } }),
    ...(replaced.length > 0 && {
      tried_commands: { ...state.tried_commands, [String(index)]: replaced },
    }),
  };
}

/** Judges the present step, and says what is next. See docs/reference/workflow.md#verification. */
export const verifyStepResult: NodeWork = async (given) => {
  const { index } = presentStep(given.state);
  const isLast = index + 1 >= stepsOf(given.state).length;
  // What the whole task is judged by is read again: it may have changed since.
  const state = isLast ? { ...given.state, ...(await readPreferences(given)) } : given.state;
  const scene = { ...given, state };
  const known = await recorded(scene);
  const { verification, routes } =
    known === undefined ? await verify(scene) : { verification: known, routes: [] };
  given.deps.log.info('a step is verified', {
    task_id: given.task.id,
    step: index,
    status: verification.status,
    agent: verification.agent_type,
  });
  return withRoutes(stateBehind(state, verification), routes);
};
