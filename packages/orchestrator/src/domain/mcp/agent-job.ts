import { limits } from '@cynodeai/contracts/common';
import type { AgentJobRequest } from '@cynodeai/contracts/mcp';
import type { InputFileReference, JobPayload } from '../jobs/job-payload.ts';
import { attachmentFolder } from '../tasks/task-record.ts';

/** A file that a task has now. */
export interface TaskFileNow {
  readonly artifactId: string;
  readonly path: string;
  readonly sizeBytes: number;
}

/** Files that a job is given, and the paths of those for which there is no room. */
export interface JobFiles {
  readonly given: readonly InputFileReference[];
  readonly leftOut: readonly string[];
}

function referenceTo({ artifactId, path }: TaskFileNow): InputFileReference {
  const source = { kind: 'artifact', artifact_id: artifactId } as const;
  return path.startsWith(attachmentFolder)
    ? { path, mode: '0644', source }
    : { path: `artifacts/${path}`, mode: '0444', source };
}

/**
 * What of a task's files a job of an agent gets, as far as a node takes them: first those it names, then what the user
 * sent, then the newest. See docs/reference/workflow.md#files.
 * @param files newest first
 */
export function jobFiles(files: readonly TaskFileNow[], named: readonly string[]): JobFiles {
  const rank = ({ path }: TaskFileNow): number => {
    const at = named.indexOf(path);
    if (at >= 0) return at;
    return path.startsWith(attachmentFolder) ? named.length : named.length + 1;
  };
  const given: InputFileReference[] = [];
  const leftOut: string[] = [];
  let bytes = 0;
  for (const file of files.toSorted((one, other) => rank(one) - rank(other))) {
    const fits = bytes + file.sizeBytes <= limits.stagedJobBytes;
    if (given.length < limits.inputFileCount && fits) {
      given.push(referenceTo(file));
      bytes += file.sizeBytes;
    } else leftOut.push(file.path);
  }
  return { given, leftOut };
}

/** What a job asks for, by which the same request is known again; which files it gets is no part of that. */
export function agentJob(run: AgentJobRequest): JobPayload {
  if (run.kind === 'inference') {
    const { messages = [] } = run;
    return { kind: 'inference', input_mode: 'prompt', target: 'local', messages };
  }
  const { command = [], image_ref: image, env, timeout_seconds, attachments = [] } = run;
  return {
    kind: 'sandbox',
    input_mode: 'prompt',
    ...(image !== undefined && { image }),
    command,
    ...(env !== undefined && Object.keys(env).length > 0 && { env }),
    ...(timeout_seconds !== undefined && { timeout_seconds }),
    network_policy: run.network_policy ?? 'restricted',
    use_inference: run.use_inference ?? false,
    input_files: [],
    ...(attachments.length > 0 && { first_files: attachments }),
  };
}

/** The job as it is queued. */
export function withFiles(payload: JobPayload, { given, leftOut }: JobFiles): JobPayload {
  if (payload.kind === 'inference') return payload;
  const dispatch = leftOut.length === 0 ? {} : { dispatch: { left_out: leftOut } };
  return { ...payload, input_files: given, ...dispatch };
}
