import { describe, expect, it } from 'vitest';
import { ableNode } from '../../../test/support/node-facts.ts';
import { type RoutingFacts, type RoutingRequest, decideRoute } from './decide-route.ts';
import { routingSettings } from './routing-settings.ts';

const request = (change: Partial<RoutingRequest> = {}): RoutingRequest => ({
  agent: 'project_manager',
  purpose: 'plan',
  ...change,
});
const settingsOf = (stored: Readonly<Record<string, unknown>> = {}) =>
  routingSettings('project_manager', new Map(Object.entries(stored)));
const facts = (change: Partial<RoutingFacts> = {}): RoutingFacts => ({
  hasUrl: false,
  defaultModel: 'small:1',
  selected: { modelRef: 'm:1', nodeSlug: 'b', status: 'available', executionMode: 'local' },
  nodes: [ableNode('c'), ableNode('a'), ableNode('b')],
  holders: undefined,
  failed: new Set(),
  settings: settingsOf(),
  ...change,
});
const mode = 'agents.project_manager.model.selection.execution_mode';

describe('where a model call of an agent goes', () => {
  it('is the selected model on its node, or a configured URL', () => {
    expect(decideRoute(request(), facts())).toMatchObject({
      outcome: 'local',
      path: { kind: 'node_relay', model: 'm:1', node: { slug: 'b' } },
      reasons: ['local_capable'],
    });
    expect(decideRoute(request(), facts({ hasUrl: true }))).toMatchObject({
      path: { kind: 'direct_url', model: 'm:1' },
      considered: { local: [], external: [] },
    });
  });

  it('says of every node that was looked at why it is none', () => {
    const silent = { supported: true, disabled: false, answering: true, ordered: false };
    const nodes = [
      ableNode('a', { enabled: false }),
      ableNode('b', { labels: ['sandbox_only'] }),
      ableNode('c', { inference: { ...silent, silent: true } }),
      ableNode('d'),
      ableNode('e'),
      ableNode('f'),
    ];
    const holders = new Set(['id-a', 'id-b', 'id-c', 'id-e', 'id-f']);
    const decision = decideRoute(
      request({ required: { model_ref: 'x:1' } }),
      facts({ nodes, holders, failed: new Set(['id-e']) }),
    );
    expect(decision).toMatchObject({
      path: { model: 'x:1', node: { slug: 'f' }, hasOther: false },
    });
    expect(decision.reasons).toEqual(['local_attempt_failed']);
    expect(decision.considered.local).toEqual([
      { node_slug: 'a', eligible: false, reasons: ['not_dispatchable'] },
      { node_slug: 'b', eligible: false, reasons: ['inference_unavailable'] },
      { node_slug: 'c', eligible: false, reasons: ['inference_unavailable'] },
      { node_slug: 'd', eligible: false, reasons: ['model_unavailable'] },
      { node_slug: 'e', eligible: false, reasons: ['local_attempt_failed'] },
      { node_slug: 'f', eligible: true, reasons: [] },
    ]);
  });

  it('is a node that holds the demanded model, the usual one first, and no other', () => {
    const demand = request({ override: { model: 'x:1' } });
    const held = (...slugs: readonly string[]) =>
      decideRoute(demand, facts({ holders: new Set(slugs.map((slug) => `id-${slug}`)) }));
    expect(held('a', 'b')).toMatchObject({ path: { node: { slug: 'b' } } });
    expect(held('c', 'a')).toMatchObject({ path: { node: { slug: 'a' } } });
    expect(held()).toMatchObject({
      outcome: 'waiting',
      waitingFor: 'pm_model_unavailable',
      reasons: ['no_inference_path', 'pm_model_unavailable'],
    });
    const noNode = facts({ nodes: [], holders: new Set() });
    expect(decideRoute(demand, noNode)).toMatchObject({ waitingFor: 'no_inference_path' });
    // A model that is demanded needs no selection.
    const unselected = facts({ selected: undefined, holders: new Set(['id-c']) });
    expect(decideRoute(demand, unselected)).toMatchObject({ path: { node: { slug: 'c' } } });
  });

  it('is nowhere yet while the model is being made ready, with the reason', () => {
    const selected = { modelRef: 'm:1', status: 'loading', executionMode: 'local' } as const;
    expect(decideRoute(request(), facts({ selected }))).toMatchObject({
      outcome: 'waiting',
      reasons: ['no_inference_path', 'pm_model_loading'],
    });
    expect(decideRoute(request(), facts({ nodes: [] })).reasons).toEqual(['no_inference_path']);
  });

  it.each([{ target: 'external' }, { provider: 'p' }] as const)(
    'is never somewhere else than asked for: %o is refused',
    (override) => {
      const decision = decideRoute(request({ override }), facts());
      expect(decision).toMatchObject({ outcome: 'refused', refusal: 'external_override_denied' });
    },
  );

  it("heeds the operator's word about the Project Manager, and the caller's about one call", () => {
    const forced = (value: string) => facts({ settings: settingsOf({ [mode]: value }) });
    expect(decideRoute(request(), forced('force_local')).reasons).toEqual(['local_forced']);
    expect(decideRoute(request(), forced('force_external')).reasons).toEqual([
      'force_mode_unsatisfied',
    ]);
    const local = request({ override: { target: 'local' } });
    expect(decideRoute(local, forced('force_external')).reasons).toEqual(['user_override_local']);
    const analyst = request({ agent: 'project_analyst' });
    expect(decideRoute(analyst, forced('force_external')).reasons).toEqual(['local_capable']);
  });
});

describe('settings of routing', () => {
  it('are those of the agent before those of all, and the default where the type is wrong', () => {
    const own = 'agents.project_manager.model_routing.prefer_local';
    const all = 'model_routing.prefer_local';
    expect(settingsOf({ [own]: true, [all]: false }).preferLocal).toEqual({
      value: true,
      source: 'system',
    });
    expect(settingsOf({ [own]: 'no', [all]: false }).preferLocal.value).toBe(false);
    expect(settingsOf({ [mode]: 'sideways' })).toEqual({
      preferLocal: { value: true, source: 'default' },
      executionMode: { value: 'auto', source: 'default' },
    });
  });
});
