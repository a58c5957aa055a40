import type { NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import { describe, expect, it } from 'vitest';
import {
  type InferencePolicy,
  decideInferenceBackend,
  defaultInferencePolicy,
} from './inference-backend.ts';

const base: NodeCapabilityReport = {
  version: 1,
  reported_at: '2026-01-01T00:00:00Z',
  node: { node_slug: 'n' },
  platform: { os: 'linux', arch: 'amd64' },
  compute: { cpu_cores: 1, ram_mb: 1 },
};
const able = { ...base, inference: { supported: true } };
const gpu = (device: Record<string, unknown>) => ({
  ...able,
  gpu: { present: true, devices: [device] },
});
const decide = (report: NodeCapabilityReport, policy: Partial<InferencePolicy> = {}) =>
  decideInferenceBackend(report, { ...defaultInferencePolicy, ...policy });

describe('the inference container decision', () => {
  it.each<[string, NodeCapabilityReport, Partial<InferencePolicy>]>([
    [
      'a service runs already',
      { ...base, inference: { supported: true, existing_service: true } },
      {},
    ],
    [
      'the operator of the node disabled it',
      { ...base, inference: { supported: true, mode: 'disabled' } },
      {},
    ],
    ['the hardware cannot', { ...base, inference: { supported: false, mode: 'require' } }, {}],
    ['nothing is said', base, {}],
    ['nothing hints at it', { ...base, inference: {}, gpu: { present: false } }, {}],
    [
      'the node is sandbox only',
      { ...able, node: { node_slug: 'n', labels: ['sandbox_only'] } },
      {},
    ],
    ['policy is off', able, { enabled: false }],
    ['policy names the node', able, { disabledNodes: ['n'] }],
    ['no variant is allowed', able, { allowedVariants: [] }],
  ])('does not start when %s', (_when, report, policy) => {
    expect(decide(report, policy)).toBeUndefined();
  });

  it.each<[string, NodeCapabilityReport, Partial<InferencePolicy>, string]>([
    ['plain support', able, {}, 'cpu'],
    [
      'a label of other case',
      { ...able, node: { node_slug: 'n', labels: ['Sandbox_Only'] } },
      {},
      'cpu',
    ],
    ['a GPU without a word on support', { ...base, gpu: { present: true } }, {}, 'cpu'],
    ['a running service', { ...base, inference: { running: true } }, {}, 'cpu'],
    [
      'a wish that overrides optional policy',
      { ...base, inference: { mode: 'require' } },
      { enabled: false },
      'cpu',
    ],
    ['an AMD vendor', gpu({ vendor: 'Advanced Micro Devices, Inc.' }), {}, 'rocm'],
    ['a ROCm feature', gpu({ features: { rocm_version: '6' } }), {}, 'rocm'],
    ['an NVIDIA vendor', gpu({ vendor: 'NVIDIA Corporation' }), {}, 'cuda'],
    ['a CUDA feature', gpu({ features: { cuda_capability: '9' } }), {}, 'cuda'],
    [
      'a variant that policy forbids',
      gpu({ vendor: 'amd' }),
      { allowedVariants: ['cpu', 'cuda'] },
      'cpu',
    ],
    [
      'devices of no GPU',
      { ...gpu({ vendor: 'amd' }), gpu: { present: false, devices: [{ vendor: 'amd' }] } },
      {},
      'cpu',
    ],
  ])('starts for %s', (_what, report, policy, variant) => {
    expect(decide(report, policy)).toEqual({ enabled: true, variant, port: 11434 });
  });

  it('takes the image of the variant from policy', () => {
    expect(decide(able, { images: { cpu: 'x/y:1', cuda: 'z' } })).toMatchObject({ image: 'x/y:1' });
  });
});
