import { describe, expect, it } from 'vitest';
import { steadyReport, vramTotalMb } from './model-node.ts';
import { modelFactsOf, modelMemoryMb } from './model-facts.ts';
import { loadTimeoutMsOf, pmModelKeys, pmModelSettingsOf } from './model-settings.ts';
import { defaultTiers, parseTiers } from './model-tiers.ts';

const small = 'qwen3.5:0.8b';
const gpus = (...vram: readonly (number | undefined)[]) => ({
  gpu: { present: true, devices: vram.map((mb) => ({ ...(mb !== undefined && { vram_mb: mb }) })) },
});

describe('what the choice reads', () => {
  it('sums the memory that devices name and takes anything else for none', () => {
    expect(vramTotalMb(gpus(1, undefined, 2))).toBe(3);
    for (const report of [undefined, null, {}, { gpu: 1 }, { gpu: { devices: 'x' } }]) {
      expect(vramTotalMb(report)).toBe(0);
    }
    expect(vramTotalMb({ gpu: { devices: [{ vram_mb: 'many' }, null] } })).toBe(0);
  });

  it('takes a report for changed when something of it changed that does not move by itself', () => {
    const report = {
      reported_at: 'x',
      node: { node_slug: 'n' },
      compute: { cpu_cores: 2, ram_available_mb: 1, storage_free_mb: 2 },
      gpu: {
        present: true,
        total_available_vram_mb: 1,
        devices: [{ vram_mb: 1, available_vram_mb: 1 }],
      },
      inference: {
        running: true,
        models: [
          { model_ref: 'b', status: 'available' },
          { model_ref: 'a', status: 'available' },
          { model_ref: 'c', status: 'failed' },
        ],
      },
    };
    const key = (value: unknown) => JSON.stringify(steadyReport(value));
    const moved = {
      ...report,
      reported_at: 'y',
      compute: { cpu_cores: 2, ram_available_mb: 9, storage_free_mb: 9 },
      gpu: {
        present: true,
        total_available_vram_mb: 9,
        devices: [{ vram_mb: 1, available_vram_mb: 9 }],
      },
      inference: {
        running: true,
        models: [
          { model_ref: 'a', status: 'available' },
          { model_ref: 'b', status: 'available' },
          { model_ref: 'c', status: 'loading' },
        ],
      },
    };
    expect(key(moved)).toBe(key(report));
    expect(key({ ...report, inference: { running: false } })).not.toBe(key(report));
    expect(key({ ...report, gpu: { devices: [{ vram_mb: 2 }] } })).not.toBe(key(report));
    expect(key({ ...report, unknown: 1 })).not.toBe(key(report));
    expect(key(undefined)).toBe(key({}));
  });

  it('reads tiers as operators write them, or not at all', () => {
    const tier = { min_vram_mb: 1, models: ['a'] };
    expect(parseTiers([tier, { min_vram_mb: 5, models: ['b'] }])?.[0]?.minVramMb).toBe(5);
    for (const value of [
      undefined,
      [],
      [tier, 1],
      [tier, null],
      [{ ...tier, min_vram_mb: -1 }],
      [{ ...tier, min_vram_mb: 'x' }],
      [{ ...tier, models: [] }],
      [{ ...tier, models: [''] }],
      [{ ...tier, models: 'a' }],
    ]) {
      expect(parseTiers(value)).toBeUndefined();
    }
    expect(defaultTiers.map((one) => one.models.at(-1))).toEqual([small, small, small, small]);
  });

  it('lets nodes download only when a setting says so in as many words', () => {
    const approved = (value: unknown) =>
      pmModelSettingsOf(new Map([[pmModelKeys.needsApproval, value]])).downloadsApproved;
    expect([undefined, true, 'false', 0, null, false].map(approved)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('reads of models what is of the expected type, and takes the rest for not said', () => {
    const models = [
      { model_ref: 'Library/A', size_bytes: 5, capabilities: ['completion'] },
      { model_ref: 'b:1', size_bytes: 'big', capabilities: 'completion' },
    ];
    expect([...modelFactsOf({ inference: { models } })]).toEqual([
      ['a:latest', { sizeBytes: 5, capabilities: ['completion'] }],
      ['b:1', { sizeBytes: undefined, capabilities: undefined }],
    ]);
    for (const report of [undefined, {}, { inference: { models: 'x' } }]) {
      expect(modelFactsOf(report).size).toBe(0);
      expect(modelMemoryMb(report, 5)).toBeUndefined();
    }
    expect(modelMemoryMb({ compute: { ram_mb: 7 } }, 5)).toBe(7);
    expect(modelMemoryMb({ compute: { ram_mb: 7 } }, 9)).toBe(9);
  });

  it('gives a model half an hour unless a setting says otherwise', () => {
    expect(loadTimeoutMsOf(new Map())).toBe(1_800_000);
    expect(loadTimeoutMsOf(new Map([[pmModelKeys.loadTimeout, 2]]))).toBe(2000);
  });
});
