import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ableNode } from '../../../test/support/node-facts.ts';
import { type NodeFacts, freeSlots, isDispatchable, isInferenceCapable } from './node-facts.ts';
import { openSlots } from './open-slots.ts';
import { planBatch } from './plan-batch.ts';
import { selectNode } from './select-node.ts';

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
    expect(isDispatchable(ableNode('a'))).toBe(true);
    expect(isDispatchable(ableNode('a', change))).toBe(false);
    expect(selectNode([ableNode('a', change)], needs)).toEqual({
      kind: 'waiting',
      reason: 'no_dispatchable_node',
    });
  });

  it('knows which nodes can serve a model', () => {
    const inference = ableNode('a').inference;
    expect(isInferenceCapable(ableNode('a'))).toBe(true);
    expect(
      isInferenceCapable(
        ableNode('a', { inference: { ...inference, answering: false, ordered: true } }),
      ),
    ).toBe(true);
    for (const change of [
      { inference: { ...inference, supported: false } },
      { inference: { ...inference, disabled: true } },
      { inference: { ...inference, answering: false } },
      { labels: ['sandbox_only'] },
    ]) {
      expect(isInferenceCapable(ableNode('a', change))).toBe(false);
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
    expect(reason([ableNode('a', { sandboxSupported: false })])).toBe('no_sandbox_node');
    expect(reason([ableNode('a', plain)], { useInference: true })).toBe(
      'no_inference_capable_node',
    );
    expect(reason([ableNode('a')], { refusedBy: ['id-a'] })).toBe('refused_by_every_node');
    expect(reason([ableNode('a', { running: 2 })])).toBe('no_free_slot');
    expect(reason([ableNode('a', { maxConcurrency: undefined, running: 1 })])).toBe('no_free_slot');
  });

  it('takes a node that does not say whether it has sandboxes', () => {
    expect(selectNode([ableNode('a', { sandboxSupported: undefined })], needs).kind).toBe(
      'selected',
    );
  });
});

describe('selection', () => {
  const chosen = (nodes: NodeFacts[]) => {
    const selection = selectNode(nodes, needs);
    return selection.kind === 'selected' ? [selection.node.slug, ...selection.reasons] : [];
  };

  it('prefers fewest running jobs, then the smallest slug by bytes', () => {
    expect(chosen([ableNode('a')])).toEqual(['a', 'only_free_node']);
    expect(chosen([ableNode('b'), ableNode('a', { running: 1 })])).toEqual([
      'b',
      'fewest_running_jobs',
    ]);
    expect(chosen([ableNode('b'), ableNode('a'), ableNode('B')])).toEqual(['B', 'smallest_slug']);
    expect(chosen([ableNode('a', { running: 2 }), ableNode('b', { running: 1 })])).toEqual([
      'b',
      'only_free_node',
    ]);
  });

  it('places a batch as if one after the other, and never beyond a slot', () => {
    const jobs = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ jobId: String(index), ...needs }));
    const nodes = [ableNode('b', { maxConcurrency: 3 }), ableNode('a', { running: 1 })];
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
            ableNode(`n${index}`, { maxConcurrency: slots, running }),
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
      folders: { nodeIds: [] },
      total: 0,
    });
    expect(
      openSlots([ableNode('a', { running: 2 }), ableNode('b', { ...deaf, running: 1 })]),
    ).toEqual({
      plain: { kind: 'open', nodeIds: ['id-b'] },
      inference: { kind: 'open', nodeIds: [] },
      folders: { nodeIds: [] },
      total: 1,
    });
  });

  it('name the nodes that take folders', () => {
    const nodes = [ableNode('old'), ableNode('new', { takesFolders: true, running: 1 })];
    expect(openSlots(nodes).folders).toEqual({ nodeIds: ['id-new'] });
  });
});

describe('a job with a folder', () => {
  const needs = { useInference: false, hasFolder: true, refusedBy: [] };

  it('goes to a node that takes folders, and waits where there is none', () => {
    const old = ableNode('a');
    expect(selectNode([old], needs)).toEqual({ kind: 'waiting', reason: 'no_folder_node' });
    expect(
      selectNode([old, ableNode('b', { takesFolders: true, running: 1 })], needs),
    ).toMatchObject({
      kind: 'selected',
      node: { slug: 'b' },
    });
  });
});
