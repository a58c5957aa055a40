import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decision, type Findings, decidePath } from './decide-path.ts';
import { type FoundOllama, type ServiceLook, inferenceChoices } from './inference.ts';

const image = 'docker.io/ollama/ollama:latest';
const nothing: Findings = {
  hostUrl: 'http://127.0.0.1:11434',
  host: undefined,
  named: undefined,
  stored: { image, hasImage: false, hasModel: false },
  canDownload: false,
};
const host = { url: 'http://127.0.0.1:11434', version: '0.5.0', models: ['qwen3.5:0.8b'] };
const empty = { ...host, models: [] };
const url = 'http://10.0.0.5:11434';
const there = (found: FoundOllama): ServiceLook => ({ kind: 'ollama', found });
const looks = {
  serving: there({ ...host, url }),
  empty: there({ ...empty, url }),
  silent: { kind: 'silent', why: 'connection refused' },
  other: { kind: 'other', what: 'answers 404 where an Ollama tells its version' },
} as const satisfies Record<string, ServiceLook>;
const naming = (look: ServiceLook): Findings => ({ ...nothing, host, named: { url, look } });
const auto = { choice: 'auto', mayAsk: false } as const;
const asking = { choice: 'auto', mayAsk: true } as const;
const demanded = { choice: 'ollama', mayAsk: true } as const;

describe('inference chosen by itself', () => {
  it('takes what runs on this host, then a stored container, then the demo model', () => {
    const stored = { image, hasImage: true, hasModel: true };
    const path = (findings: Findings): unknown => {
      const decision = decidePath(auto, findings);
      return decision.kind === 'take' ? decision.path : decision;
    };
    expect(path({ ...nothing, host, stored })).toEqual({ kind: 'ollama', url: host.url });
    expect(path({ ...nothing, stored })).toEqual({ kind: 'container', image });
    expect(path(nothing)).toEqual({ kind: 'demo' });
  });

  it('passes over an Ollama without models where nobody can agree to get one', () => {
    for (const canDownload of [false, true]) {
      expect(decidePath(auto, { ...nothing, host: empty, canDownload })).toMatchObject({
        path: { kind: 'demo' },
        note: expect.stringContaining('cynode model pull'),
      });
    }
  });

  it('passes over a container without a model: it could answer nothing', () => {
    const stored = { image, hasImage: true, hasModel: false };
    expect(decidePath(auto, { ...nothing, stored })).toMatchObject({ path: { kind: 'demo' } });
  });

  it('offers a download only to somebody who can answer, where one is possible', () => {
    const demo = { kind: 'take', path: { kind: 'demo' } };
    expect(decidePath(asking, { ...nothing, canDownload: true })).toMatchObject({
      kind: 'offer',
      gets: 'service',
      otherwise: demo,
    });
    expect(decidePath(asking, { ...nothing, host: empty, canDownload: true })).toMatchObject({
      kind: 'offer',
      gets: 'model',
      path: { kind: 'ollama', url: host.url },
      otherwise: demo,
    });
    expect(decidePath(asking, nothing)).toMatchObject(demo);
    expect(decidePath(auto, { ...nothing, canDownload: true })).toMatchObject(demo);
  });

  it('says what the demo model is and which command gets a real one', () => {
    const decision = decidePath(auto, nothing);
    expect(decision.kind === 'take' && decision.note).toMatch(
      /no model was found.*cynode-demo.*not a neural network.*cynode up --inference ollama/,
    );
  });
});

describe('a service that somebody named', () => {
  it('is taken when it answers, whatever runs on this host', () => {
    for (const request of [auto, asking, demanded]) {
      expect(decidePath(request, naming(looks.serving))).toEqual({
        kind: 'take',
        path: { kind: 'ollama', url },
      });
    }
  });

  it('is taken and waited for when nobody answers there, and the reason is told', () => {
    for (const request of [auto, asking, demanded]) {
      expect(decidePath(request, naming(looks.silent))).toMatchObject({
        kind: 'take',
        path: { kind: 'ollama', url },
        note: expect.stringMatching(
          /nothing answers at http:\/\/10\.0\.0\.5:11434.*connection refused.*start it.*--inference auto/,
        ),
      });
    }
  });

  it('is refused when something else is there, and what it is is told', () => {
    expect(decidePath(auto, naming(looks.other))).toMatchObject({
      kind: 'refuse',
      reason: expect.stringMatching(/10\.0\.0\.5:11434.*answers 404.*OLLAMA_BASE_URL/),
    });
  });

  it('is given a model when it has none and somebody agrees', () => {
    const findings = { ...naming(looks.empty), canDownload: true };
    const take = { kind: 'take', path: { kind: 'ollama', url } };
    expect(decidePath(asking, findings)).toMatchObject({
      kind: 'offer',
      gets: 'model',
      path: { url },
      otherwise: take,
    });
    expect(decidePath(auto, findings)).toMatchObject({
      ...take,
      note: expect.stringContaining('cynode model pull qwen3.5:0.8b'),
    });
  });

  it('is never replaced: by no other service, no container and no stand-in', () => {
    const ends = (decision: Decision): Decision[] =>
      decision.kind === 'offer' ? [decision, ...ends(decision.otherwise)] : [decision];
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(looks)),
        fc.constantFrom(undefined, host, empty),
        fc.record({ hasImage: fc.boolean(), hasModel: fc.boolean() }),
        fc.constantFrom(...inferenceChoices),
        fc.boolean(),
        fc.boolean(),
        (look, here, store, choice, canDownload, mayAsk) => {
          const stored = { image, ...store };
          const findings = { ...nothing, host: here, stored, canDownload, named: { url, look } };
          const decision = decidePath({ choice, mayAsk }, findings);
          // Who says demo or none has demanded that.
          if (choice === 'demo' || choice === 'none') return;
          for (const end of ends(decision)) {
            if (end.kind === 'refuse') expect(end.reason).toContain(url);
            else expect(end.path).toEqual({ kind: 'ollama', url });
          }
        },
      ),
    );
  });
});

describe('inference that was demanded', () => {
  it('is nothing at all, or the demo model, whatever is there', () => {
    const all = naming(looks.serving);
    expect(decidePath({ choice: 'none', mayAsk: true }, all)).toEqual({
      kind: 'take',
      path: { kind: 'none' },
    });
    expect(decidePath({ choice: 'demo', mayAsk: true }, all)).toEqual({
      kind: 'take',
      path: { kind: 'demo' },
    });
  });

  it('is never replaced by the demo model', () => {
    expect(decidePath(demanded, nothing)).toMatchObject({
      kind: 'refuse',
      reason: expect.stringMatching(/127\.0\.0\.1:11434.*OLLAMA_BASE_URL=/),
    });
    expect(decidePath(demanded, { ...nothing, canDownload: true })).toMatchObject({
      kind: 'offer',
      gets: 'service',
      otherwise: { kind: 'refuse' },
    });
    expect(decidePath(demanded, { ...nothing, host: empty })).toMatchObject({
      reason: expect.stringMatching(/has no model.*ollama pull/),
    });
  });

  it('uses a stored image whose model can be fetched, once somebody agrees to the model', () => {
    const stored = { image, hasImage: true, hasModel: false };
    expect(decidePath(demanded, { ...nothing, stored, canDownload: true })).toMatchObject({
      kind: 'offer',
      gets: 'model',
      path: { kind: 'container', image },
    });
  });
});
