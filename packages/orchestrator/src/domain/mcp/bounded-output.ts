import { isRecord } from '@cynodeai/runtime/std';
import type { AgentJob } from '@cynodeai/contracts/mcp';

const streams = ['stdout', 'stderr'] as const;

/** The first bytes of a text, without half of a character. */
function cut(text: string, bytes: number): string {
  const encoded = new TextEncoder().encode(text);
  if (encoded.length <= bytes) return text;
  return new TextDecoder('utf-8', { fatal: false })
    .decode(encoded.subarray(0, bytes))
    .replace(/\uFFFD$/, '');
}

/** The job with so much of each output stream, and whether something is missing. */
export function boundedOutput(
  job: AgentJob,
  maxBytes: number,
): { job: AgentJob; output_truncated: boolean } {
  if (job.result === null) return { job, output_truncated: false };
  const result = { ...job.result };
  const told = result['truncated'];
  let isCut = isRecord(told) && streams.some((stream) => told[stream] === true);
  for (const stream of streams) {
    const text = result[stream];
    if (typeof text !== 'string') continue;
    const kept = cut(text, maxBytes);
    isCut ||= kept !== text;
    result[stream] = kept;
  }
  return { job: { ...job, result }, output_truncated: isCut };
}

/** The job without values of variables, which may be anybody's secret; their names stay. */
export function withoutValues(job: AgentJob): AgentJob {
  if (job.payload === null || !isRecord(job.payload['env'])) return job;
  const { env, ...payload } = job.payload;
  return { ...job, payload: { ...payload, env_names: Object.keys(env ?? {}).toSorted() } };
}
