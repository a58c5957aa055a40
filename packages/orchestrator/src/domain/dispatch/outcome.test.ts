import { type RunJobResult, limits, runJobResultSchema } from '@cynodeai/contracts/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../adapters/nodes/worker-answer.ts';
import { decideOutcome } from './outcome.ts';
import type { WorkerAnswer } from './worker-answer.ts';

const sent = {
  taskId: '00000000-0000-4000-8000-000000000001',
  jobId: '00000000-0000-4000-8000-000000000002',
  leaseId: '00000000-0000-4000-8000-000000000003',
  nodeSlug: 'n',
  attempt: 1,
  refusals: 0,
  maxRefusals: 10,
};
const result: RunJobResult = {
  version: 1,
  task_id: sent.taskId,
  job_id: sent.jobId,
  lease_id: sent.leaseId,
  status: 'completed',
  exit_code: 0,
  stdout: 'out',
  stderr: '',
  started_at: '2026-01-01T00:00:00Z',
  ended_at: '2026-01-01T00:00:01Z',
  truncated: { stdout: false, stderr: false },
};
const answered = (change: Partial<RunJobResult> = {}): WorkerAnswer => ({
  kind: 'result',
  result: { ...result, ...change },
});
const refused = (status: number, detail?: string, problem?: string): WorkerAnswer => ({
  kind: 'refused',
  refusal: refusalOf(status, problem),
  status,
  problem,
  detail,
});
const decide = (answer: WorkerAnswer, attempt = 1, random = 0.5) =>
  decideOutcome(answer, { ...sent, attempt }, random);

describe('outcomes', () => {
  it.each<[string, WorkerAnswer, string, string]>([
    ['exit 0', answered(), 'completed', 'exit code 0'],
    ['completed without a code', answered({ exit_code: undefined }), 'completed', 'completed'],
    ['completed with another code', answered({ exit_code: 2 }), 'failed', 'exit code 2'],
    ['failed', answered({ status: 'failed', exit_code: 125 }), 'failed', 'exit code 125'],
    [
      'timeout',
      answered({ status: 'timeout', exit_code: undefined }),
      'failed',
      'stopped at its time limit',
    ],
  ])('a run that ended with %s', (_what, answer, status, summary) => {
    expect(decide(answer)).toMatchObject({ kind: 'ended', status, summary });
  });

  it.each<[WorkerAnswer, string]>([
    [refused(400, 'bad'), 'invalid_request'],
    [refused(413), 'payload_too_large'],
    [refused(404), 'worker_error'],
    [refused(302), 'worker_error'],
  ])('%j fails the job for good', (answer, errorType) => {
    const outcome = decide(answer);
    expect(outcome).toMatchObject({
      kind: 'ended',
      status: 'failed',
      result: { status: 'failed', error_type: errorType, stdout: '' },
    });
    const { result: stored } = outcome as { result: Record<string, unknown> };
    expect(stored['stderr']).toBe(stored['error_message']);
    expect(String(stored['error_message'])).toContain('node n');
  });

  it.each<[WorkerAnswer]>([
    [refused(409, 'conflict')],
    [refused(500)],
    [refused(502)],
    [{ kind: 'accepted' }],
    [{ kind: 'lost', message: 'm' }],
    [answered({ job_id: sent.taskId })],
    [answered({ task_id: sent.jobId })],
    [answered({ lease_id: sent.taskId })],
  ])('%j leaves open what happened: the node is asked', (answer) => {
    const outcome = decide(answer);
    expect(outcome.kind).toBe('unclear');
    expect(outcome.kind === 'unclear' && outcome.reason).toContain('node n');
  });

  it('puts back what never ran, with min(60, 2^attempt) s ± 20 %', () => {
    for (const answer of [refused(429), refused(503), { kind: 'unsent', message: 'x' } as const]) {
      expect(decide(answer)).toMatchObject({ kind: 'requeue', delayMs: 2000, nodeFault: false });
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 5000 }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          (attempt, random) => {
            const outcome = decide(answer, attempt, random);
            const delay = outcome.kind === 'requeue' ? outcome.delayMs : -1;
            const middle = Math.min(60, 2 ** attempt) * 1000;
            expect(delay).toBeGreaterThanOrEqual(middle * 0.8 - 1);
            expect(delay).toBeLessThanOrEqual(middle * 1.2 + 1);
          },
        ),
      );
    }
  });

  const passing: readonly WorkerAnswer[] = [
    refused(429, 'full', 'node_at_capacity'),
    refused(503, 'not ready: config', 'node_not_ready'),
    refused(503, 'the node is shutting down', 'node_shutting_down'),
    { kind: 'unsent', message: 'ECONNREFUSED' },
  ];
  const lasting: readonly WorkerAnswer[] = [
    refused(503, 'no model', 'inference_unavailable'),
    refused(503, 'no namespace', 'unavailable'),
    refused(503, 'odd', 'of_tomorrow'),
    refused(503),
  ];

  it('counts the refusals of a node that cannot start the job, and believes the last of them', () => {
    const counts = fc.record({
      maxRefusals: fc.integer({ min: 1, max: 50 }),
      refusals: fc.integer({ min: 0, max: 50 }),
    });
    for (const answer of lasting) {
      fc.assert(
        fc.property(counts, fc.integer({ min: 1, max: 500 }), (count, attempt) => {
          const outcome = decideOutcome(answer, { ...sent, ...count, attempt }, 0.5);
          const now = count.refusals + 1;
          const said = `(${now} of ${count.maxRefusals} times)`;
          if (now < count.maxRefusals) {
            expect(outcome).toMatchObject({ kind: 'requeue', refusals: now, unreachable: false });
          } else {
            expect(outcome).toMatchObject({
              kind: 'other_node',
              otherwise: { status: 'failed', result: { error_type: 'node_unable' } },
            });
          }
          expect('reason' in outcome && outcome.reason).toContain(said);
        }),
      );
    }
  });

  it('never counts what says nothing about the job: full, not ready, on its way out, out of reach', () => {
    for (const answer of passing) {
      const outcome = decideOutcome(answer, { ...sent, refusals: 99 }, 0.5);
      expect(outcome).toMatchObject({ kind: 'requeue' });
      expect(outcome).not.toHaveProperty('refusals');
    }
  });

  it('can be read again, whatever a node counts', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const tail = { omitted_bytes: most, text: 'x'.repeat(100_000) };
    const artifacts = Array.from({ length: 10_001 }, (_none, index) => ({
      name: `f-${index}`,
      content_type: 'text/plain',
      size_bytes: 1,
    }));
    const counts = { tail: { stdout: tail, stderr: tail }, artifacts, artifacts_omitted: most };
    const outcome = decide(answered(counts));
    const stored = runJobResultSchema.safeParse(outcome.kind === 'ended' && outcome.result);
    expect(stored.success).toBe(true);
  });

  it.each([
    ['as much as is kept', limits.outputStreamBytes, limits.outputTailBytes, true],
    ['too much of the beginning', limits.outputStreamBytes + 1, 0, false],
    ['too much of the end', 0, limits.outputTailBytes + 1, false],
  ])('takes the bytes of a stream that has %s', (_title, head, end, isKept) => {
    const base64 = (length: number): string => Buffer.alloc(length).toString('base64');
    const stdout = { head: base64(head), tail: { omitted_bytes: 0, bytes: base64(end) } };
    const outcome = decide(answered({ binary: { stdout } }));
    const kept = outcome.kind === 'ended' ? outcome.result : {};
    expect('binary' in kept ? kept.binary : undefined).toEqual(isKept ? { stdout } : undefined);
  });

  it('asks another node where one does not have the image, and takes its word where there is none', () => {
    const error_type = 'image_unavailable';
    const answer = answered({ status: 'failed', exit_code: 125, stderr: 'no image', error_type });
    expect(decide(answer)).toMatchObject({
      kind: 'other_node',
      hasResult: true,
      otherwise: {
        kind: 'ended',
        status: 'failed',
        result: { exit_code: 125, stderr: 'no image' },
      },
    });
    const other = answered({ status: 'failed', exit_code: 137, error_type: 'disk_limit' });
    expect(decide(other)).toMatchObject({ kind: 'ended' });
  });

  it('blames the node for a refused credential and asks others after a policy refusal', () => {
    expect(decide(refused(401))).toMatchObject({ kind: 'requeue', delayMs: 0, nodeFault: true });
    expect(decide(refused(403, 'no such image'))).toMatchObject({
      kind: 'other_node',
      reason: 'node n answered 403: no such image',
      otherwise: { kind: 'ended', result: { error_type: 'node_policy_refused' } },
    });
  });

  it('keeps streams storable and within the limit a node has to keep', () => {
    const outcome = decide(answered({ stdout: 'a\u0000'.repeat(100_000), stderr: 'é' }));
    const { result: stored } = outcome as { result: RunJobResult };
    expect(Buffer.byteLength(stored.stdout)).toBeLessThanOrEqual(262_144);
    expect(stored.stdout.startsWith('a\uFFFDa')).toBe(true);
    expect(stored.truncated).toEqual({ stdout: true, stderr: false });
    expect(decide(answered({ truncated: { stdout: true, stderr: true } }))).toMatchObject({
      result: { truncated: { stdout: true, stderr: true } },
    });
  });
});
