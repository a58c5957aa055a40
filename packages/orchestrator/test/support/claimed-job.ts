import type { ClaimedJob } from '../../src/ports/claims.ts';

/** A script that one node has taken under its first lease. */
export function claimedJob(fields: Partial<ClaimedJob> = {}): ClaimedJob {
  return {
    taskId: '00000000-0000-4000-8000-000000000001',
    jobId: '00000000-0000-4000-8000-000000000002',
    leaseId: '00000000-0000-4000-8000-000000000003',
    attempt: 1,
    payload: {
      kind: 'sandbox',
      input_mode: 'script',
      command: ['true'],
      network_policy: 'none',
      use_inference: false,
      input_files: [],
    },
    prompt: undefined,
    node: { nodeId: 'a', slug: 'a', url: 'http://a', token: 't' },
    defaultImage: 'i',
    maxRefusals: 10,
    timeoutSeconds: 60,
    deadlineMs: 690_000,
    leaseMs: 60_000,
    ...fields,
  };
}
