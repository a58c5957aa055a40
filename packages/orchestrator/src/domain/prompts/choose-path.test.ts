import { describe, expect, it } from 'vitest';
import { ableNode } from '../../../test/support/node-facts.ts';
import type { NodeFacts } from '../dispatch/node-facts.ts';
import { type SelectedModel, choosePath } from './choose-path.ts';

const selected = (change: Partial<SelectedModel> = {}): SelectedModel => ({
  modelRef: 'm:1',
  nodeSlug: 'b',
  status: 'available',
  executionMode: 'local',
  ...change,
});
const facts = {
  hasUrl: false,
  defaultModel: 'small:1',
  nodes: [ableNode('c'), ableNode('a'), ableNode('b')],
};

describe('the way of a prompt to a model (REQ-ORCHES-0118)', () => {
  it('is the configured URL, with the selected model or else the default one', () => {
    const way = { ...facts, hasUrl: true, nodes: [] };
    expect(choosePath({ ...way, selected: undefined })).toMatchObject({
      kind: 'direct_url',
      model: 'small:1',
      reasons: ['configured_url', 'default_model'],
    });
    expect(choosePath({ ...way, selected: selected({ status: 'loading' }) })).toMatchObject({
      model: 'm:1',
      reasons: ['configured_url', 'pm_model'],
    });
    expect(choosePath({ ...way, selected: selected({ executionMode: 'external' }) })).toMatchObject(
      {
        model: 'small:1',
      },
    );
  });

  it('is the relay of the node of the model, else of another one by slug', () => {
    expect(choosePath({ ...facts, selected: selected() })).toMatchObject({
      kind: 'node_relay',
      model: 'm:1',
      node: { slug: 'b' },
      hasOther: true,
      reasons: ['pm_model_node'],
    });
    const nodes = [ableNode('b')];
    expect(choosePath({ ...facts, nodes, selected: selected() })).toMatchObject({
      hasOther: false,
    });
    expect(choosePath({ ...facts, selected: selected({ nodeSlug: 'gone' }) })).toMatchObject({
      node: { slug: 'a' },
      reasons: ['other_inference_node'],
    });
  });

  it.each<[string, Partial<NodeFacts>]>([
    ['inactive', { status: 'inactive' }],
    ['not acknowledged', { ackStatus: undefined }],
    ['for sandboxes only', { labels: ['sandbox_only'] }],
    [
      'without inference',
      { inference: { supported: false, disabled: false, answering: false, ordered: false } },
    ],
  ])('waits while the only node is %s', (_what, change) => {
    const nodes = [ableNode('b', change)];
    expect(choosePath({ ...facts, nodes, selected: selected() })).toEqual({
      kind: 'waiting',
      reason: 'no_inference_path',
    });
  });

  it('passes over a node whose model service is down, and waits while there is no other', () => {
    const inference = { ...ableNode('b').inference, silent: true };
    const down = ableNode('b', { inference });
    expect(
      choosePath({ ...facts, nodes: [down, ableNode('z')], selected: selected() }),
    ).toMatchObject({ kind: 'node_relay', node: { slug: 'z' }, hasOther: false });
    expect(choosePath({ ...facts, nodes: [down], selected: selected() })).toEqual({
      kind: 'waiting',
      reason: 'model_service_down',
    });
  });

  it.each<[SelectedModel | undefined, string]>([
    [undefined, 'pm_model_not_selected'],
    [selected({ executionMode: 'external' }), 'pm_model_not_selected'],
    [selected({ status: 'selected' }), 'pm_model_loading'],
    [selected({ status: 'loading' }), 'pm_model_loading'],
    [selected({ status: 'failed' }), 'pm_model_unavailable'],
  ])('waits for the model, and says how far it is: %j', (model, reason) => {
    expect(choosePath({ ...facts, selected: model })).toEqual({ kind: 'waiting', reason });
  });
});
