import type { AgentArtifact, AgentJob } from '@cynodeai/contracts/mcp';
import { at } from '@cynodeai/runtime/std';
import type { Evidence } from '../domain/check-result.ts';
import type { Tools } from '../ports/tools.ts';
import { taskFiles } from './pages.ts';

/** Most that is read of a stream, bytes. */
const outputBytes = 262_144;

const textAt = (job: AgentJob, ...path: string[]): string => {
  const value = at(job.result, ...path);
  return typeof value === 'string' ? value : '';
};

/** A stream of a job: its beginning and, where it was cut, its end. */
function stream(job: AgentJob, name: 'stdout' | 'stderr'): string {
  const tail = textAt(job, 'tail', name, 'text');
  const begin = textAt(job, name);
  return tail === '' ? begin : `${begin}\n[some of it is left out]\n${tail}`;
}

/** What a job did, of its row. */
export function evidenceOf(
  job: AgentJob,
  isTruncated: boolean,
  files: readonly AgentArtifact[],
): Evidence {
  const exitCode = at(job.result, 'exit_code');
  return {
    jobId: job.id,
    jobStatus: job.status,
    exitCode: typeof exitCode === 'number' ? exitCode : undefined,
    stdout: stream(job, 'stdout'),
    stderr: stream(job, 'stderr'),
    truncated: isTruncated,
    artifacts: files.map(({ path, size_bytes: sizeBytes }) => ({ path, sizeBytes })),
  };
}

/** The model that answered a job; undefined where none did. */
export function modelOfJob(job: AgentJob): string | undefined {
  const model = at(job.result, 'inference', 'model');
  return typeof model === 'string' ? model : undefined;
}

/** What is there of a step's job and of the files of its task, fetched now. */
export async function fetchEvidence(
  tools: Tools,
  { taskId, jobId }: { readonly taskId: string; readonly jobId: string },
  signal: AbortSignal,
): Promise<{ readonly evidence: Evidence; readonly files: readonly AgentArtifact[] }> {
  const args = { job_id: jobId, max_output_bytes: outputBytes };
  const { job, output_truncated: isTruncated } = await tools.call('db.job.get', args, signal);
  const files = await taskFiles(tools, taskId, signal);
  return { evidence: evidenceOf(job, isTruncated, files), files };
}
