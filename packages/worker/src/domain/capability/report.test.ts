import { nodeCapabilityReportSchema } from '@cynodeai/contracts/control-plane';
import { canonicalHash } from '@cynodeai/runtime/crypto';
import { describe, expect, it } from 'vitest';
import { nodeSettings } from '../../../test/support/node-settings.ts';
import type { HostFacts } from './host-facts.ts';
import { type ReportInput, capabilityReport, comparablePart } from './report.ts';

const settings = nodeSettings({ maxConcurrency: 3 }, { labels: ['gpu'] });

const host: HostFacts = {
  hostname: 'box',
  os: 'linux',
  arch: 'amd64',
  kernelVersion: '6.1',
  cpuCores: 2,
  ramMb: 4000,
  gpus: [
    { vendor: 'AMD', deviceId: '0x1', vramMb: 100 },
    { vendor: 'NVIDIA', deviceId: '0x2', model: 'M', features: { cuda_capability: '8.6' } },
  ],
};

const input: ReportInput = {
  settings,
  host,
  runtime: {
    runtime: 'podman',
    version: '4.3',
    rootless: false,
    rootlessSupported: true,
    features: ['b', 'a'],
  },
  sandboxUsable: true,
  secretsUsable: true,
  inference: {
    supported: false,
    existingService: false,
    running: false,
    asksCloud: undefined,
    serviceUrl: undefined,
    onThisHost: true,
    models: [],
  },
  now: new Date('2026-01-01T00:00:00Z'),
};

const full: HostFacts = {
  ...host,
  distro: 'Debian 12',
  cpuModel: 'X',
  cpuCount: 1,
  storageFreeMb: 5000,
  gpus: [],
};

describe('the capability report', () => {
  it('fits its schema with and without the optional facts', () => {
    const lean = capabilityReport(input);
    expect(nodeCapabilityReportSchema.parse(lean)).toEqual(lean);
    expect(lean.gpu).toEqual({
      present: true,
      devices: [
        { vendor: 'AMD', device_id: '0x1', vram_mb: 100 },
        {
          vendor: 'NVIDIA',
          device_id: '0x2',
          model: 'M',
          features: { cuda_capability: '8.6' },
        },
      ],
      total_vram_mb: 100,
    });
    const rich = capabilityReport({
      ...input,
      host: full,
      settings: { ...settings, name: 'Node A', labels: [] },
    });
    expect(nodeCapabilityReportSchema.parse(rich)).toEqual(rich);
    expect(rich.node).toEqual({ node_slug: 'a', name: 'Node A' });
    expect(rich.gpu).toEqual({ present: false });
    expect(rich.compute.storage_free_mb).toBe(4096);
  });

  it('changes its hash with a fact and not with time, order or a few MiB of disk', () => {
    const hash = (change: Partial<ReportInput>): string =>
      canonicalHash(comparablePart(capabilityReport({ ...input, host: full, ...change })));
    const base = hash({});
    expect(hash({ now: new Date() })).toBe(base);
    expect(hash({ host: { ...full, storageFreeMb: 4990 } })).toBe(base);
    expect(hash({ runtime: { ...input.runtime, features: ['a', 'b'] } })).toBe(base);
    expect(hash({ sandboxUsable: false })).not.toBe(base);
    expect(hash({ host: { ...full, ramMb: 1 } })).not.toBe(base);
  });

  it.each([
    ['http://127.0.0.1:12082', 'loopback'],
    ['https://orchestrator:12082', 'tls'],
    ['http://orchestrator:12082', 'plain'],
  ])('says that %s is reached by %s', (orchestratorUrl, transport) => {
    const report = capabilityReport({ ...input, settings: { ...settings, orchestratorUrl } });
    expect(report.network?.orchestrator_transport).toBe(transport);
  });

  it('reports a node without sandboxes and one with sandboxes only', () => {
    const mode = (sandboxMode: 'disabled' | 'sandbox_only') =>
      capabilityReport({
        ...input,
        settings: { ...settings, sandbox: { ...settings.sandbox, mode: sandboxMode } },
      });
    expect(mode('disabled').sandbox?.supported).toBe(false);
    expect(mode('sandbox_only')).toMatchObject({
      gpu: { present: false },
      node: { labels: ['gpu', 'sandbox_only', 'no_inference'] },
      sandbox: { supported: true },
    });
  });

  it("offers the operator's URL, else a guess by host name", () => {
    expect(capabilityReport(input).worker_api?.base_url).toBe('http://box:12090');
    const named = { ...settings, publicBaseUrl: 'http://n:1' };
    expect(capabilityReport({ ...input, settings: named }).worker_api?.base_url).toBe('http://n:1');
  });
});
