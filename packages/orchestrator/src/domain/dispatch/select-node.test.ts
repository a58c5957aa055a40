import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NodeFacts, freeSlots, isDispatchable, isInferenceCapable } from './node-facts.ts';
import { openSlots } from './open-slots.ts';
import { planBatch } from './plan-batch.ts';
import { selectNode } from './select-node.ts';

const node = (slug: string, change: Partial<NodeFacts> = {}): NodeFacts => ({
  nodeId: `id-${slug}`,
  slug,
  enabled: true,
  status: 'active',
  ackStatus: 'applied',
  connectivityAcked: true,
  hasUrl: true,
  hasToken: true,
  labels: [],
  sandboxSupported: true,
  maxConcurrency: 2,
  inference: { supported: true, disabled: false, answering: true, ordered: false },
  running: 0,
  ...change,
});
const needs = { useInference: false, refusedBy: [] };

describe('eligibility', () => {
  it.each<[string, Partial<NodeFacts>]>([
    ['disabled', { enabled: false }],
    ['registered', { status: 'registered' }],
    ['inactive', { status: 'inactive' }],
    ['drained', { status: 'drained' }],
    ['without acknowledgement', { ackStatus: undefined }],
    ['failed', { ackStatus: 'failed' }],
    ['with another URL or token than acknowledged', { connectivityAcked: false }],
    ['without URL', { hasUrl: false }],
    ['without readable token', { hasToken: false }],
  ])('excludes a node that is %s', (_what, change) => {
    expect(isDispatchable(node('a'))).toBe(true);
    expect(isDispatchable(node('a', change))).toBe(false);
    expect(selectNode([node('a', change)], needs)).toEqual({
      kind: 'waiting',
      reason: 'no_dispatchable_node',
    });
  });

  it('knows which nodes can serve a model', () => {
    const inference = node('a').inference;
    expect(isInferenceCapable(node('a'))).toBe(true);
    expect(
      isInferenceCapable(
        node('a', { inference: { ...inference, answering: false, ordered: true } }),
      ),
    ).toBe(true);
    for (const change of [
      { inference: { ...inference, supported: false } },
      { inference: { ...inference, disabled: true } },
      { inference: { ...inference, answering: false } },
      { labels: ['sandbox_only'] },
    ]) {
      expect(isInferenceCapable(node('a', change))).toBe(false);
    }
  });

  it('says why a job waits', () => {
    const plain = {
      inference: { supported: false, disabled: false, answering: false, ordered: false },
    };
    const reason = (nodes: NodeFacts[], change = {}) => {
      const selection = selectNode(nodes, { ...needs, ...change });
      return selection.kind === 'waiting' ? selection.reason : undefined;
    };
    expect(reason([])).toBe('no_dispatchable_node');
    expect(reason([node('a', { sandboxSupported: false })])).toBe('no_sandbox_node');
    expect(reason([node('a', plain)], { useInference: true })).toBe('no_inference_capable_node');
    expect(reason([node('a')], { refusedBy: ['id-a'] })).toBe('refused_by_every_node');
    expect(reason([node('a', { running: 2 })])).toBe('no_free_slot');
    expect(reason([node('a', { maxConcurrency: undefined, running: 1 })])).toBe('no_free_slot');
  });

  it('takes a node that does not say whether it has sandboxes', () => {
    expect(selectNode([node('a', { sandboxSupported: undefined })], needs).kind).toBe('selected');
  });
});

describe('selection', () => {
  const chosen = (nodes: NodeFacts[]) => {
    const selection = selectNode(nodes, needs);
    return selection.kind === 'selected' ? [selection.node.slug, ...selection.reasons] : [];
  };

  it('prefers fewest running jobs, then the smallest slug by bytes', () => {
    expect(chosen([node('a')])).toEqual(['a', 'only_free_node']);
    expect(chosen([node('b'), node('a', { running: 1 })])).toEqual(['b', 'fewest_running_jobs']);
    expect(chosen([node('b'), node('a'), node('B')])).toEqual(['B', 'smallest_slug']);
    expect(chosen([node('a', { running: 2 }), node('b', { running: 1 })])).toEqual([
      'b',
      'only_free_node',
    ]);
  });

  it('places a batch as if one after the other, and never beyond a slot', () => {
    const jobs = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ jobId: String(index), ...needs }));
    const nodes = [node('b', { maxConcurrency: 3 }), node('a', { running: 1 })];
    expect(planBatch(nodes, jobs(9)).map((one) => [one.jobId, one.node.slug])).toEqual([
      ['0', 'b'],
      ['1', 'a'],
      ['2', 'b'],
      ['3', 'b'],
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.record({ slots: fc.integer({ min: 1, max: 4 }), running: fc.nat(5) }), {
          maxLength: 5,
        }),
        fc.nat(20),
        (shapes, count) => {
          const some = shapes.map(({ slots, running }, index) =>
            node(`n${index}`, { maxConcurrency: slots, running }),
          );
          const placed = planBatch(some, jobs(count));
          const free = some.reduce((sum, one) => sum + freeSlots(one), 0);
          expect(placed).toHaveLength(Math.min(free, count));
          for (const one of some) {
            const here = placed.filter((placement) => placement.node.slug === one.slug);
            expect(here.length).toBeLessThanOrEqual(freeSlots(one));
          }
        },
      ),
    );
  });
});

describe('open slots', () => {
  it('tell busy from impossible, for jobs with and without inference', () => {
    const deaf = {
      inference: { supported: false, disabled: false, answering: false, ordered: false },
    };
    expect(openSlots([])).toEqual({
      plain: { kind: 'closed', reason: 'no_dispatchable_node' },
      inference: { kind: 'closed', reason: 'no_dispatchable_node' },
      total: 0,
    });
    expect(openSlots([node('a', { running: 2 }), node('b', { ...deaf, running: 1 })])).toEqual({
      plain: { kind: 'open', nodeIds: ['id-b'] },
      inference: { kind: 'open', nodeIds: [] },
      total: 1,
    });
  });
});
