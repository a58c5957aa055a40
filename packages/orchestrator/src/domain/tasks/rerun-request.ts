import type { CreateTaskRequest, InputMode, RerunTaskRequest } from '@cynodeai/contracts/gateway';
import { OrchestratorError } from '../errors.ts';
import type { JobPayload } from '../jobs/job-payload.ts';
import { keptWishes } from './sandbox-wishes.ts';

/** What is left of the input of a task. */
export interface OldInput {
  readonly name: string;
  /** Whether it is the caller's: values of variables are shown to nobody else. */
  readonly isOwn: boolean;
  readonly projectId: string | undefined;
  /** The task it was made from. */
  readonly rerunOf?: string | undefined;
  readonly mode: InputMode;
  readonly prompt: string | undefined;
  readonly commands: readonly string[] | undefined;
  readonly acceptanceCriteria: readonly string[] | undefined;
  /** Words behind its script, or the command itself. */
  readonly args?: readonly string[] | undefined;
  /** It reads the attachment of that name. */
  readonly hasStdin: boolean;
  readonly hasMadeName: boolean;
  readonly payload: JobPayload | undefined;
}

/** @throws OrchestratorError `input_gone` */
export function inputGone(what: string): never {
  const text = `${what} of the task is not stored any more; make a new one: cynork task create --help`;
  throw new OrchestratorError('input_gone', text);
}

function textOf(
  { args, prompt, commands, mode: oldMode }: OldInput,
  mode: InputMode,
): Partial<CreateTaskRequest> {
  if (mode === 'commands' && commands !== undefined) return { commands: [...commands] };
  if (mode === 'commands' && mode === oldMode && args !== undefined) return { args: [...args] };
  return prompt === undefined ? inputGone('the text') : { prompt };
}

/** What a script or commands said beside their text. */
function settingsOf(
  { args, hasStdin, mode: oldMode, payload }: OldInput,
  mode: InputMode,
): Partial<CreateTaskRequest> {
  if (payload === undefined) return inputGone('the job');
  if (payload.kind !== 'sandbox') return {};
  const { timeout_seconds: seconds, use_inference } = payload;
  return {
    ...keptWishes(payload),
    use_inference,
    ...(mode === 'script' && mode === oldMode && args !== undefined && { args: [...args] }),
    ...(hasStdin && { stdin: true }),
    ...(seconds !== undefined && { timeout_seconds: seconds }),
  };
}

/** Variables of the old task whose values the caller may use. @throws OrchestratorError `input_gone` */
function knownOf(
  { isOwn, name }: OldInput,
  env: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (isOwn) return env;
  const missing = Object.keys(env).filter((key) => !Object.hasOwn(given, key));
  const [first] = missing;
  if (first === undefined) return {};
  const text = `the values of ${missing.join(', ')} are known to the creator of task ${name} alone; give them, as with: cynork task rerun TASK --env ${first}=VALUE`;
  throw new OrchestratorError('input_gone', text);
}

/** A name that was given stays, without the number that a rerun got. */
function nameOf({ name, hasMadeName, rerunOf }: OldInput): Pick<CreateTaskRequest, 'task_name'> {
  if (hasMadeName) return {};
  return { task_name: rerunOf === undefined ? name : name.replace(/-\d{1,6}$/, '') };
}

/**
 * The task that is like an old one but for what is changed: variables are added to the old ones, everything else takes
 * the place of what was there. See docs/reference/tasks-and-jobs.md#run-again.
 * @throws OrchestratorError `input_gone`
 */
export function rerunRequest(old: OldInput, changes: RerunTaskRequest): CreateTaskRequest {
  const mode = changes.input_mode ?? old.mode;
  const isCommand = mode === 'commands' && changes.args !== undefined;
  const isRetold = isCommand || changes.prompt !== undefined || changes.commands !== undefined;
  const settings = mode === 'prompt' || old.mode === 'prompt' ? {} : settingsOf(old, mode);
  const isRenamed = changes.task_name !== undefined || changes.name !== undefined;
  const env = { ...knownOf(old, settings.env ?? {}, changes.env ?? {}), ...changes.env };
  const { projectId, acceptanceCriteria } = old;
  return {
    ...settings,
    ...(isRetold ? {} : textOf(old, mode)),
    ...(projectId !== undefined && { project_id: projectId }),
    ...(acceptanceCriteria && { acceptance_criteria: [...acceptanceCriteria] }),
    ...(isRenamed ? {} : nameOf(old)),
    ...changes,
    input_mode: mode,
    ...(Object.keys(env).length > 0 && { env }),
  };
}
