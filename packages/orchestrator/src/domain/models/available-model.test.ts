import { demoModelRef } from '@cynodeai/contracts/model';
import { describe, it } from 'vitest';
import {
  type Case,
  expectChoice,
  needsApproval,
  pinned,
  small,
} from '../../../test/support/model-cases.ts';
import { allThere, gib, gpus, model, telling } from '../../../test/support/model-nodes.ts';

/** What is there, may come and may not. See docs/reference/inference.md#project-manager-model. */
const cases: readonly Case[] = [
  {
    name: 'what else is there that writes text and fits, the largest first',
    nodes: [
      {
        slug: 'n',
        models: allThere('llama3:8b', 'smollm2:135m', 'nomic-embed-text:latest', 'big:70b'),
        report: telling(16_000, {
          'llama3:8b': [5 * gib, 'completion', 'tools'],
          'smollm2:135m': [gib / 4, 'completion'],
          'nomic-embed-text:latest': [6 * gib, 'embedding'],
          'big:70b': [40 * gib, 'completion'],
        }),
      },
    ],
    settings: { [needsApproval]: true },
    want: ['n', 'llama3:8b', ['auto_local', 'largest_vram', 'tier_0', 'available_model']],
  },
  {
    name: 'the largest whatever its size where the machine that computes is another one',
    nodes: [
      {
        slug: 'n',
        models: allThere('small:1b', 'big:70b'),
        report: telling(
          4000,
          { 'small:1b': [gib, 'completion'], 'big:70b': [40 * gib, 'completion'] },
          { on_this_host: false },
        ),
      },
    ],
    want: ['n', 'big:70b', ['auto_local', 'largest_vram', 'tier_0', 'available_model']],
  },
  {
    name: 'by the memory of its graphics cards where that is more than the machine has',
    nodes: [
      {
        slug: 'n',
        models: allThere('big:70b'),
        report: { ...telling(8000, { 'big:70b': [40 * gib, 'completion'] }), ...gpus(80_000) },
      },
    ],
    want: ['n', 'big:70b', ['auto_local', 'largest_vram', 'tier_24000', 'available_model']],
  },
  {
    name: 'one whose node tells nothing of it, unless its name says that it only embeds',
    nodes: [{ slug: 'n', models: allThere('bge-m3:latest', 'all-minilm:22m', 'mystery:1b') }],
    settings: { [needsApproval]: true },
    want: ['n', 'mystery:1b', ['auto_local', 'largest_vram', 'tier_0', 'available_model']],
  },
  {
    name: 'nothing where only embeddings, clouds, stand-ins and giants are there',
    nodes: [
      {
        slug: 'n',
        models: allThere('bge-m3:latest', 'x:cloud', demoModelRef, 'big:70b'),
        report: telling(8000, { 'big:70b': [40 * gib, 'completion'] }),
      },
    ],
    settings: { [needsApproval]: true },
    want: [
      undefined,
      undefined,
      ['auto_local', 'largest_vram', 'tier_0', 'failed:download_not_approved'],
    ],
  },
  {
    name: 'what is there before the stand-in',
    nodes: [{ slug: 'n', models: allThere(demoModelRef, 'own:1') }],
    demo: demoModelRef,
    want: ['n', 'own:1', ['auto_local', 'largest_vram', 'tier_0', 'available_model']],
  },
  {
    name: 'the stand-in before any download',
    nodes: [{ slug: 'n', models: allThere(demoModelRef) }],
    demo: demoModelRef,
    want: ['n', demoModelRef, ['auto_local', 'largest_vram', 'tier_0', 'already_available']],
  },
  {
    name: 'nothing that would have to be downloaded unasked',
    nodes: [{ slug: 'n' }],
    settings: { [needsApproval]: true },
    want: [
      undefined,
      undefined,
      ['auto_local', 'largest_vram', 'tier_0', 'failed:download_not_approved'],
    ],
  },
  {
    name: 'no pinned model unasked either, whatever else is there',
    nodes: [{ slug: 'n', models: allThere('llama3:8b', small) }],
    settings: { [needsApproval]: true, [pinned]: 'own:1' },
    want: [
      undefined,
      undefined,
      ['auto_local', 'largest_vram', 'pinned_model', 'failed:download_not_approved'],
    ],
  },
  {
    name: 'one that is on its way already',
    nodes: [{ slug: 'n', models: { [small]: model('loading') } }],
    settings: { [needsApproval]: true },
    want: ['n', small, ['auto_local', 'largest_vram', 'tier_0', 'load_requested']],
  },
  {
    name: 'nothing that was deleted, though downloads are agreed to',
    nodes: [{ slug: 'n', models: { [small]: model('evicted') } }],
    want: [
      undefined,
      undefined,
      [
        'auto_local',
        'largest_vram',
        'tier_0',
        `candidate_deleted:${small}`,
        'failed:model_deleted',
      ],
    ],
  },
  {
    name: 'the next of the tier when the first was deleted',
    nodes: [{ slug: 'n', report: gpus(8000), models: { 'qwen3.5:9b': model('evicted') } }],
    want: [
      'n',
      small,
      ['auto_local', 'largest_vram', 'tier_8000', 'candidate_deleted:qwen3.5:9b', 'load_requested'],
    ],
  },
  {
    name: 'the next node when the first has nothing and may get nothing',
    nodes: [
      { slug: 'host', host: true },
      { slug: 'b', models: allThere('own:1') },
    ],
    settings: { [needsApproval]: true },
    want: [
      'b',
      'own:1',
      ['auto_local', 'prefer_orchestrator_host', 'next_node', 'tier_0', 'available_model'],
    ],
  },
  {
    name: 'the next node when the service of the first is down',
    nodes: [
      { slug: 'host', host: true, down: true, models: allThere(small) },
      { slug: 'b', models: allThere(small) },
    ],
    want: [
      'b',
      small,
      ['auto_local', 'prefer_orchestrator_host', 'next_node', 'tier_0', 'already_available'],
    ],
  },
  {
    name: 'nothing where the only service is down',
    nodes: [{ slug: 'n', down: true, models: allThere(small) }],
    want: [undefined, undefined, ['auto_local', 'largest_vram', 'failed:model_service_down']],
  },
];

describe('a model that is there, or has to be fetched', () => {
  it.each(cases)('is $name', (one) => expectChoice(one));
});
