import { demoModelRef } from '@cynodeai/contracts/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Case,
  executionMode,
  expectChoice,
  mode,
  needsApproval,
  pinned,
  preferHost,
  settingsOf,
  small,
  tiers,
} from '../../../test/support/model-cases.ts';
import { gib, gpus, model, node, now, paused, telling } from '../../../test/support/model-nodes.ts';
import { defaultTiers } from './model-tiers.ts';
import { selectModel } from './select-model.ts';

/** Node, model and reason list, exactly. See docs/reference/inference.md#project-manager-model. */
const cases: readonly Case[] = [
  {
    name: 'a host-labelled node without a GPU before 48 GB elsewhere',
    nodes: [
      { slug: 'big', report: gpus(49_152) },
      { slug: 'host', host: true },
    ],
    want: ['host', small, ['auto_local', 'prefer_orchestrator_host', 'tier_0', 'load_requested']],
  },
  {
    name: '48 GB before the host when hosts are not preferred',
    nodes: [
      { slug: 'big', report: gpus(24_576, 24_576) },
      { slug: 'host', host: true },
    ],
    settings: { [preferHost]: false },
    want: ['big', 'qwen3.5:35b', ['auto_local', 'largest_vram', 'tier_24000', 'load_requested']],
  },
  {
    name: 'the smaller slug of two hosts, whatever their memory',
    nodes: [
      { slug: 'b', host: true, report: gpus(48_000) },
      { slug: 'a', host: true },
    ],
    want: [
      'a',
      small,
      ['auto_local', 'prefer_orchestrator_host', 'tie_node_slug', 'tier_0', 'load_requested'],
    ],
  },
  {
    name: 'the smaller slug among equal memory',
    nodes: [
      { slug: 'b', report: gpus(8000) },
      { slug: 'a', report: gpus(4000, 4000) },
      { slug: 'A', report: gpus(7999) },
    ],
    want: [
      'a',
      'qwen3.5:9b',
      ['auto_local', 'largest_vram', 'tie_node_slug', 'tier_8000', 'load_requested'],
    ],
  },
  {
    name: 'slugs in byte order, capitals first',
    nodes: [{ slug: 'a' }, { slug: 'B' }],
    want: ['B', small, ['auto_local', 'largest_vram', 'tie_node_slug', 'tier_0', 'load_requested']],
  },
  {
    name: 'devices that do not name their memory as none',
    nodes: [
      { slug: 'silent', report: gpus(undefined, undefined) },
      { slug: 'told', report: gpus(undefined, 1) },
    ],
    want: ['told', small, ['auto_local', 'largest_vram', 'tier_0', 'load_requested']],
  },
  {
    name: '15999 MB as less than 16000',
    nodes: [{ slug: 'n', report: gpus(15_999) }],
    want: ['n', 'qwen3.5:9b', ['auto_local', 'largest_vram', 'tier_8000', 'load_requested']],
  },
  {
    name: '16000 MB as 16000, and what of the tier is there before what would be better',
    nodes: [{ slug: 'n', report: gpus(16_000), models: { [small]: model('available') } }],
    want: ['n', small, ['auto_local', 'largest_vram', 'tier_16000', 'already_available']],
  },
  {
    name: 'the next of the tier when the first failed',
    nodes: [
      {
        slug: 'n',
        report: gpus(16_000),
        models: { 'qwen3.5:9b': paused, 'qwen2.5:14b': model('available') },
      },
    ],
    want: [
      'n',
      'qwen2.5:14b',
      [
        'auto_local',
        'largest_vram',
        'tier_16000',
        'candidate_failed:qwen3.5:9b',
        'already_available',
      ],
    ],
  },
  {
    name: 'a pinned model whatever the tier, with or without its tag',
    nodes: [{ slug: 'n', report: gpus(48_000), models: { 'llama3:latest': model('available') } }],
    settings: { [pinned]: 'llama3' },
    want: ['n', 'llama3', ['auto_local', 'largest_vram', 'pinned_model', 'already_available']],
  },
  {
    name: 'nothing for a pinned model of a cloud, even where a node says that it has it',
    nodes: [{ slug: 'n', models: { 'big:cloud': model('available') } }],
    settings: { [pinned]: 'big:cloud' },
    want: [
      undefined,
      undefined,
      ['auto_local', 'largest_vram', 'pinned_model', 'failed:cloud_model'],
    ],
  },
  {
    name: 'the next of a tier that names a model of a cloud',
    nodes: [{ slug: 'n', models: { 'big:8b-cloud': model('available') } }],
    settings: { [tiers]: [{ min_vram_mb: 0, models: ['big:8b-cloud', small] }] },
    want: [
      'n',
      small,
      ['auto_local', 'largest_vram', 'tier_0', 'candidate_failed:big:8b-cloud', 'load_requested'],
    ],
  },
  {
    name: 'nothing for a pinned model that cannot be loaded: a pin has no fallback',
    nodes: [
      {
        slug: 'n',
        models: { 'llama3:8b': paused, [small]: model('available') },
      },
    ],
    settings: { [pinned]: 'llama3:8b' },
    demo: demoModelRef,
    want: [
      undefined,
      undefined,
      [
        'auto_local',
        'largest_vram',
        'pinned_model',
        'candidate_failed:llama3:8b',
        'failed:no_model_available',
      ],
    ],
  },
  {
    name: 'the fixed model',
    nodes: [{ slug: 'n' }],
    settings: { [mode]: 'fixed_model', [pinned]: 'llama3:8b' },
    want: ['n', 'llama3:8b', ['auto_local', 'largest_vram', 'fixed_model', 'load_requested']],
  },
  {
    name: 'nothing for a fixed model that is not named',
    nodes: [{ slug: 'n' }],
    settings: { [mode]: 'fixed_model' },
    want: [undefined, undefined, ['auto_local', 'largest_vram', 'failed:fixed_model_unset']],
  },
  {
    name: 'nothing when local is forced and no node is there',
    nodes: [],
    settings: { [executionMode]: 'force_local' },
    want: [
      undefined,
      undefined,
      ['force_local', 'no_local_candidates', 'failed:no_local_candidates'],
    ],
  },
  {
    name: 'a node when local is forced',
    nodes: [{ slug: 'n' }],
    settings: { [executionMode]: 'force_local' },
    want: ['n', small, ['force_local', 'largest_vram', 'tier_0', 'load_requested']],
  },
  {
    name: 'nothing when external is forced, whatever is there',
    nodes: [{ slug: 'n', models: { [small]: model('available') } }],
    settings: { [executionMode]: 'force_external' },
    want: [undefined, undefined, ['force_external', 'failed:external_not_configured']],
  },
  {
    name: 'nothing without a node',
    nodes: [],
    want: [undefined, undefined, ['no_local_candidates', 'failed:no_inference_path']],
  },
  {
    name: 'the stand-in last, once the tier has failed',
    nodes: [{ slug: 'n', models: { [small]: paused, [demoModelRef]: model('available') } }],
    demo: demoModelRef,
    want: [
      'n',
      demoModelRef,
      ['auto_local', 'largest_vram', 'tier_0', `candidate_failed:${small}`, 'already_available'],
    ],
  },
  {
    name: 'no stand-in that was not enabled',
    nodes: [{ slug: 'n', models: { [small]: paused, [demoModelRef]: model('available') } }],
    want: [
      undefined,
      undefined,
      [
        'auto_local',
        'largest_vram',
        'tier_0',
        `candidate_failed:${small}`,
        'failed:no_model_available',
      ],
    ],
  },
  {
    name: 'a model again whose pause is over, or whose node reports something else',
    nodes: [{ slug: 'n', models: { [small]: { ...paused, failedUnder: 'before' } } }],
    want: ['n', small, ['auto_local', 'largest_vram', 'tier_0', 'load_requested']],
  },
  {
    name: 'by the operator’s tiers, in any order',
    nodes: [{ slug: 'n', report: gpus(5000) }],
    settings: {
      [tiers]: [
        { min_vram_mb: 0, models: ['tiny:1'] },
        { min_vram_mb: 5000, models: ['mid:1', 'tiny:1'] },
      ],
    },
    want: ['n', 'mid:1', ['auto_local', 'largest_vram', 'tier_5000', 'load_requested']],
  },
  {
    name: 'nothing below the operator’s tiers',
    nodes: [{ slug: 'n' }],
    settings: { [tiers]: [{ min_vram_mb: 1, models: ['mid:1'] }] },
    want: [
      undefined,
      undefined,
      ['auto_local', 'largest_vram', 'tier_0', 'failed:no_model_available'],
    ],
  },
  {
    name: 'by the defaults where settings are of a wrong kind',
    nodes: [{ slug: 'n' }],
    settings: { [executionMode]: 1, [mode]: 'x', [preferHost]: 'no', [pinned]: ' ', [tiers]: [1] },
    want: ['n', small, ['auto_local', 'largest_vram', 'tier_0', 'load_requested']],
  },
];

describe('the choice of the Project Manager model (REQ-ORCHES-0116, REQ-MODELS-0004)', () => {
  it.each(cases)('takes $name', (one) => expectChoice(one));

  const anyModel = fc.constantFrom(
    model('available'),
    model('loading'),
    model('evicted'),
    model('failed'),
    paused,
  );
  const refs = [...new Set(defaultTiers.flatMap((tier) => tier.models)), demoModelRef, 'own:1'];
  const anyNode = fc
    .record({
      slug: fc.constantFrom('a', 'b', 'c', 'B', 'a-1', 'z.9'),
      vram: fc.array(fc.option(fc.integer({ min: 0, max: 30_000 }), { nil: undefined })),
      host: fc.boolean(),
      models: fc.dictionary(fc.constantFrom(...refs), anyModel),
      size: fc.integer({ min: 0, max: 60 * gib }),
      down: fc.boolean(),
    })
    .map(({ slug, vram, host, models, size, down }) => {
      const report = { ...telling(16_000, { 'own:1': [size, 'completion'] }), ...gpus(...vram) };
      return node({ slug, host, models, report, down });
    });
  const anyInputs = fc.record({
    settings: fc.record(
      {
        [executionMode]: fc.constantFrom('auto', 'force_local', 'force_external'),
        [mode]: fc.constantFrom('auto_sliding_scale', 'fixed_model'),
        [preferHost]: fc.boolean(),
        [pinned]: fc.constantFrom('own:1', 'other'),
        [needsApproval]: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    candidates: fc.uniqueArray(anyNode, { selector: ({ slug }) => slug, maxLength: 5 }),
    demoModel: fc.constantFrom(undefined, demoModelRef),
  });

  it('depends on what is there, not on its order, and says where it ends', () => {
    fc.assert(
      fc.property(anyInputs, ({ settings, candidates, demoModel }) => {
        const inputs = { settings: settingsOf(settings), demoModel, now };
        const selection = selectModel({ ...inputs, candidates });
        const reversed = selectModel({ ...inputs, candidates: candidates.toReversed() });
        expect(reversed).toEqual(selection);
        const last = selection.reasons.at(-1) ?? '';
        expect(last.startsWith('failed:')).toBe(selection.kind === 'none');
        if (selection.kind === 'none') {
          // A node that could answer with what it has leaves no prompt waiting.
          const serving = candidates.filter(({ isDown, models }) => {
            const status = models.get(defaultTiers.at(-1)?.models[0] ?? '')?.status;
            return isDown === false && status === 'available';
          });
          const isFree =
            inputs.settings.pinned === undefined &&
            inputs.settings.mode !== 'fixed_model' &&
            inputs.settings.executionMode !== 'force_external';
          if (isFree) expect(serving).toEqual([]);
          return;
        }
        expect(candidates).toContain(selection.node);
        const known = selection.node.models.get(
          selection.modelRef === 'other' ? 'other:latest' : selection.modelRef,
        );
        expect(selection.available).toBe(known?.status === 'available');
        expect(known).not.toBe(paused);
        expect(selection.node.isDown).toBe(false);
        // What was deleted is fetched by nobody, and nothing is that nobody agreed to.
        expect(known?.status).not.toBe('evicted');
        if (!inputs.settings.downloadsApproved && !selection.available) {
          expect(known?.status).toBe('loading');
        }
        if (demoModel === undefined) expect(selection.modelRef).not.toBe(demoModelRef);
        if (inputs.settings.pinned !== undefined) {
          expect(selection.modelRef).toBe(inputs.settings.pinned);
        }
        if (selection.reasons.includes('next_node')) return;
        const hosts = candidates.filter(({ isOrchestratorHost }) => isOrchestratorHost);
        if (inputs.settings.preferOrchestratorHost && hosts.length > 0) {
          expect(selection.node.isOrchestratorHost).toBe(true);
        } else {
          const most = Math.max(...candidates.map(({ vramTotalMb: vram }) => vram));
          expect(selection.node.vramTotalMb).toBe(most);
        }
      }),
    );
  });
});
