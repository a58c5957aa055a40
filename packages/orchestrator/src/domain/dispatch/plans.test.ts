import { describe, expect, it } from 'vitest';
import { ableNode } from '../../../test/support/node-facts.ts';
import type { SandboxJobPayload } from '../jobs/job-payload.ts';
import { type NodeFacts, capabilityFacts } from './node-facts.ts';
import { planMove } from './plan-move.ts';
import { planRetry } from './plan-retry.ts';

/** One with a single place and without a model. */
const node = (slug: string, change: Partial<NodeFacts> = {}): NodeFacts =>
  ableNode(slug, {
    maxConcurrency: 1,
    inference: { supported: false, disabled: false, answering: false, ordered: false },
    ...change,
  });
const payload: SandboxJobPayload = {
  kind: 'sandbox',
  input_mode: 'script',
  command: ['true'],
  network_policy: 'none',
  use_inference: false,
  input_files: [],
};
const none: ReadonlySet<string> = new Set();

describe('a retry', () => {
  const candidate = { jobId: 'j', nodeId: 'id-a', payload };

  it('goes to the node that had the job last, however busy it is', () => {
    expect(planRetry([node('a', { running: 9 })], candidate)).toMatchObject({
      kind: 'ask',
      mayTakeWork: true,
      note: { node_slug: 'a', reasons: ['last_node'] },
    });
  });

  it.each([
    ['is drained', { status: 'drained' as const }, payload],
    ['refused it', {}, { ...payload, dispatch: { refused_by: ['id-a'] } }],
    ['cannot do inference', {}, { ...payload, use_inference: true }],
  ])('asks a node that %s, but may send it nothing', (_what, change, work) => {
    const plan = planRetry([node('a', change)], { ...candidate, payload: work });
    expect(plan).toMatchObject({ kind: 'ask', mayTakeWork: false });
  });

  it.each([
    ['is gone', [node('b')]],
    ['has no address', [node('a', { hasUrl: false })]],
    ['has no token', [node('a', { hasToken: false })]],
  ])('forgets a node that %s', (_what, nodes) => {
    expect(planRetry(nodes, candidate)).toEqual({ kind: 'forget_node', jobId: 'j' });
  });
});

describe('a move', () => {
  const attempts = { attempt: 2, freeAttempts: 0, maxAttempts: 3 };
  const job = { nodeId: 'id-a', payload, attempts, sent: true, reason: 'silent\u0000' };

  it('of what may have run is a new attempt under a new lease', () => {
    expect(planMove([node('a'), node('b')], none, job)).toMatchObject({
      kind: 'move',
      node: { slug: 'b' },
      attempt: 3,
      newLease: true,
      note: { node_slug: 'b', reasons: ['only_free_node'], last_error: 'silent\uFFFD' },
    });
  });

  it('of what was never sent keeps attempt and lease, even when no attempt is left', () => {
    const worn = { ...job, sent: false, attempts: { ...attempts, attempt: 3 } };
    expect(planMove([node('a'), node('b')], none, worn)).toMatchObject({
      attempt: 3,
      newLease: false,
    });
    expect(planMove([node('b')], none, { ...worn, sent: true })).toEqual({ kind: 'none' });
  });

  it('needs another node that is free and did not refuse the job', () => {
    expect(planMove([node('a')], none, job)).toEqual({ kind: 'none' });
    expect(planMove([node('a'), node('b', { running: 1 })], none, job)).toEqual({ kind: 'none' });
    const refused = { ...payload, dispatch: { refused_by: ['id-b'] } };
    expect(planMove([node('b')], none, { ...job, payload: refused })).toEqual({ kind: 'none' });
  });

  it('prefers nodes that answered lately', () => {
    const nodes = [node('b'), node('c', { running: 1, maxConcurrency: 2 })];
    expect(planMove(nodes, new Set(['id-b']), job)).toMatchObject({ node: { slug: 'c' } });
    expect(planMove([node('b')], new Set(['id-b']), job)).toMatchObject({ node: { slug: 'b' } });
  });
});

describe('what a report says for scheduling', () => {
  it('is read as far as it has the expected types', () => {
    const stored = {
      labels: ['gpu', 7],
      sandbox: { supported: true, max_concurrency: 4 },
      inference: { supported: true, mode: 'disabled', existing_service: true },
    };
    expect(capabilityFacts(stored, true)).toEqual({
      labels: ['gpu', '7'],
      sandboxSupported: true,
      maxConcurrency: 4,
      inference: { supported: true, disabled: true, answering: true, ordered: true },
    });
  });

  it('is nothing when there is no report, or nonsense', () => {
    const nothing = {
      labels: [],
      sandboxSupported: undefined,
      maxConcurrency: undefined,
      inference: { supported: false, disabled: false, answering: false, ordered: false },
    };
    const absent = { labels: null, sandbox: null, inference: undefined };
    const odd = {
      labels: 'gpu',
      sandbox: { supported: 'yes', max_concurrency: '4' },
      inference: { running: 'true' },
    };
    expect(capabilityFacts(absent, false)).toEqual(nothing);
    expect(capabilityFacts(odd, false)).toEqual(nothing);
  });
});
