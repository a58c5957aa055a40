import { describe, expect, it } from 'vitest';
import { type Findings, decidePath } from './decide-path.ts';

const image = 'docker.io/ollama/ollama:latest';
const nothing: Findings = {
  hostUrl: 'http://127.0.0.1:11434',
  host: undefined,
  configuredUrl: undefined,
  configured: undefined,
  stored: { image, hasImage: false, hasModel: false },
  canDownload: false,
};
const host = { url: 'http://127.0.0.1:11434', version: '0.5.0', models: ['qwen3.5:0.8b'] };
const configured = { url: 'http://10.0.0.5:11434', version: '0.5.0', models: ['qwen3.5:0.8b'] };
const both = { ...nothing, host, configured, configuredUrl: configured.url };
const auto = { choice: 'auto', mayAsk: false } as const;
const demanded = { choice: 'ollama', mayAsk: true } as const;

describe('inference chosen by itself', () => {
  it('takes what runs on this host, then what is configured, then a stored container', () => {
    const stored = { image, hasImage: true, hasModel: true };
    const all = { ...both, stored };
    const path = (findings: Findings): unknown => {
      const decision = decidePath(auto, findings);
      return decision.kind === 'take' ? decision.path : decision;
    };
    expect(path(all)).toEqual({ kind: 'ollama', url: host.url });
    expect(path({ ...all, host: undefined })).toEqual({ kind: 'ollama', url: configured.url });
    expect(path({ ...nothing, stored })).toEqual({ kind: 'container', image });
    expect(path(nothing)).toEqual({ kind: 'demo' });
  });

  it('passes over an Ollama without models unless it can get one', () => {
    const empty = { ...nothing, host: { ...host, models: [] } };
    expect(decidePath(auto, empty)).toMatchObject({ path: { kind: 'demo' } });
    expect(decidePath(auto, { ...empty, canDownload: true })).toMatchObject({
      path: { kind: 'ollama' },
    });
  });

  it('passes over a container without a model: it could answer nothing', () => {
    const stored = { image, hasImage: true, hasModel: false };
    expect(decidePath(auto, { ...nothing, stored })).toMatchObject({ path: { kind: 'demo' } });
  });

  it('offers a download only to somebody who can answer, where one is possible', () => {
    const asking = { choice: 'auto', mayAsk: true } as const;
    expect(decidePath(asking, { ...nothing, canDownload: true })).toMatchObject({
      kind: 'offer',
      otherwise: { kind: 'take', path: { kind: 'demo' } },
    });
    expect(decidePath(asking, nothing)).toMatchObject({ kind: 'take', path: { kind: 'demo' } });
    expect(decidePath(auto, { ...nothing, canDownload: true })).toMatchObject({ kind: 'take' });
  });

  it('says why nothing better was taken', () => {
    const note = (findings: Findings): unknown => Reflect.get(decidePath(auto, findings), 'note');
    expect(note(nothing)).toContain('no model was found');
    expect(note({ ...nothing, configuredUrl: 'http://10.0.0.5:11434' })).toContain(
      'nothing answers at http://10.0.0.5:11434',
    );
    expect(note({ ...nothing, host: { ...host, models: [] } })).toContain('has no model');
  });

  it('says what the demo model is and which command gets a real one', () => {
    const decision = decidePath(auto, nothing);
    expect(decision.kind === 'take' && decision.note).toMatch(
      /cynode-demo.*not a neural network.*cynode up --inference ollama/,
    );
  });
});

describe('inference that was demanded', () => {
  it('is nothing at all, or the demo model, whatever is there', () => {
    expect(decidePath({ choice: 'none', mayAsk: true }, both)).toEqual({
      kind: 'take',
      path: { kind: 'none' },
    });
    expect(decidePath({ choice: 'demo', mayAsk: true }, both)).toEqual({
      kind: 'take',
      path: { kind: 'demo' },
    });
  });

  it('prefers the Ollama that was named', () => {
    expect(decidePath(demanded, both)).toMatchObject({ path: { url: configured.url } });
    expect(decidePath(demanded, { ...both, configured: undefined })).toMatchObject({
      path: { url: host.url },
    });
  });

  it('is never replaced by the demo model', () => {
    expect(decidePath(demanded, nothing)).toMatchObject({
      kind: 'refuse',
      reason: expect.stringMatching(/OLLAMA_BASE_URL=/),
    });
    expect(decidePath(demanded, { ...nothing, canDownload: true })).toMatchObject({
      kind: 'offer',
      otherwise: { kind: 'refuse' },
    });
    const silent = { ...nothing, hostUrl: 'http://127.0.0.1:9', configuredUrl: configured.url };
    for (const url of [configured.url, silent.hostUrl]) {
      expect(decidePath(demanded, silent)).toMatchObject({
        reason: expect.stringContaining(url),
      });
    }
    const empty = { ...nothing, host: { ...host, models: [] } };
    expect(decidePath(demanded, empty)).toMatchObject({
      reason: expect.stringMatching(/has no model.*ollama pull/),
    });
  });

  it('uses a stored image whose model can be fetched', () => {
    const stored = { image, hasImage: true, hasModel: false };
    expect(decidePath(demanded, { ...nothing, stored, canDownload: true })).toMatchObject({
      path: { kind: 'container', image },
    });
  });
});
