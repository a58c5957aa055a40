import { startScriptedModel } from '@cynodeai/testing';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkGpu, checkInference } from './inference-checks.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cynode-gpu-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('the check for a graphics processor', () => {
  it('finds none on an empty machine, which is no fault', () => {
    expect(checkGpu(dir)).toMatchObject({ result: 'ok', detail: expect.stringMatching(/^none/) });
  });

  it('counts those of NVIDIA', () => {
    mkdirSync(join(dir, 'proc/driver/nvidia/gpus/0000:01:00.0'), { recursive: true });
    expect(checkGpu(dir).detail).toBe('1 by NVIDIA');
  });

  it('knows the device of AMD', () => {
    mkdirSync(join(dir, 'dev'));
    writeFileSync(join(dir, 'dev/kfd'), '');
    expect(checkGpu(dir).detail).toContain('AMD');
  });
});

describe('the check of inference', () => {
  const install = (inference: unknown): void =>
    writeFileSync(
      join(dir, 'install.json'),
      JSON.stringify({
        version: 1,
        runDir: '/run/x',
        ports: { userGateway: 1, controlPlane: 2, workerApi: 3 },
        inference,
      }),
    );

  it('warns when prompts are switched off, with the way back', async () => {
    install({ choice: 'none', path: { kind: 'none' } });
    expect(await checkInference({ CYNODE_HOME: dir })).toMatchObject({
      result: 'warn',
      detail: expect.stringContaining('prompts are not answered'),
      fix: 'cynode up --inference auto',
    });
  });

  it('warns that the demo model is no model, with the command for a real one', async () => {
    install({ choice: 'demo', path: { kind: 'demo' } });
    expect(await checkInference({ CYNODE_HOME: dir })).toMatchObject({
      result: 'warn',
      detail: expect.stringContaining('not a neural network'),
      fix: 'cynode up --inference ollama',
    });
  });

  it.each([
    [false, 'warn', 'it asks the cloud of its maker'],
    [true, 'ok', 'the next start takes Ollama at'],
    [undefined, 'ok', 'the next start takes Ollama at'],
  ])('names a service that asks a cloud (disabled: %s)', async (disabled, result, says) => {
    const model = await startScriptedModel({
      intercept: ({ path }) =>
        path === '/api/status' && disabled !== undefined
          ? { kind: 'raw', body: JSON.stringify({ cloud: { disabled } }) }
          : undefined,
    });
    try {
      install({ choice: 'ollama', path: { kind: 'none' } });
      const check = await checkInference({ CYNODE_HOME: dir, OLLAMA_BASE_URL: model.url });
      expect(check).toMatchObject({ result, detail: expect.stringContaining(says) });
    } finally {
      await model.close();
    }
  });

  it('fails on an address that is none', async () => {
    expect(await checkInference({ CYNODE_HOME: dir, OLLAMA_BASE_URL: 'nonsense' })).toMatchObject({
      result: 'fail',
      detail: expect.stringContaining('OLLAMA_BASE_URL'),
    });
  });
});
