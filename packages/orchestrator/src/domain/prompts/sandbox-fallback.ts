import type { Ended } from '../dispatch/outcome.ts';
import type {
  DispatchNote,
  InputFileReference,
  PromptFault,
  SandboxJobPayload,
} from '../jobs/job-payload.ts';
import { answerSummary, failureSummary } from '../jobs/job-summary.ts';
import {
  modelProgram,
  programCommand,
  programPath,
  programSeconds,
  requestPath,
} from './model-program.ts';

/** A stored file of the task. */
export interface FallbackFile {
  readonly artifactId: string;
  /** `upload/<name>`. */
  readonly path: string;
}

/** Beyond the call: waiting for a busy relay, start and end of the program. */
const slackSeconds = 90;

/**
 * The one further try of a prompt whose call failed: a fixed program in a sandbox with inference.
 * Text and attachments reach it as files; nothing of them is part of a command.
 * See docs/reference/inference.md#prompts (REQ-ORCHES-0125).
 */
export function fallbackPayload(
  { model, contextTokens }: { readonly model: string; readonly contextTokens: number },
  fault: PromptFault,
  files: readonly FallbackFile[],
): SandboxJobPayload {
  const uploads = files.map(({ artifactId, path }): InputFileReference => ({
    path,
    mode: '0644',
    source: { kind: 'artifact', artifact_id: artifactId },
  }));
  const dispatch: DispatchNote = { path: 'sandbox' };
  const source = { kind: 'model_request', model, context_tokens: contextTokens } as const;
  return {
    kind: 'sandbox',
    input_mode: 'prompt',
    command: programCommand,
    timeout_seconds: programSeconds + slackSeconds,
    network_policy: 'none',
    use_inference: true,
    input_files: [
      { path: programPath, mode: '0444', source: { kind: 'text', text: modelProgram } },
      { path: requestPath, mode: '0444', source },
      ...uploads,
    ],
    fallback_for: fault,
    dispatch,
  };
}

/** The end of a job with the model that its program asked, where it answered a prompt. */
export function withAskedModel(ended: Ended, payload: SandboxJobPayload): Ended {
  const [model] = payload.input_files.flatMap(({ source }) =>
    source.kind === 'model_request' ? [source.model] : [],
  );
  const answered = payload.fallback_for !== undefined && ended.status === 'completed';
  if (!answered || model === undefined) return ended;
  return { ...ended, result: { ...ended.result, inference: { model } } };
}

/** `tasks.summary` of a sandbox job that answered a prompt, or why neither way led to an answer; raw work keeps its own. */
export function sandboxSummary(
  { status, result, summary }: Ended,
  payload: SandboxJobPayload,
): string {
  const { fallback_for: fault } = payload;
  if (fault === undefined) return summary;
  if (status === 'completed') return answerSummary(result.stdout);
  const said = result.stderr.trim() === '' ? summary : result.stderr;
  return failureSummary(`no model answered: ${fault.error_message}; in the sandbox: ${said}`);
}
