import { describe, expect, it } from 'vitest';
import {
  type InferencePath,
  type InferenceSettings,
  agreedFor,
  wantsOtherInference,
} from './inference.ts';

const url = 'http://10.0.0.5:11434';
const demo: InferenceSettings = { choice: 'auto', path: { kind: 'demo' } };
const ollama: InferenceSettings = { choice: 'auto', ollamaUrl: url, path: { kind: 'ollama', url } };

describe('a running stack', () => {
  it.each<[string, InferenceSettings, Parameters<typeof wantsOtherInference>[1], string, boolean]>([
    ['nothing is said', demo, undefined, '', false],
    ['the same is said', { ...demo, choice: 'demo' }, 'demo', '', false],
    ['something else is said', demo, 'none', '', true],
    ['auto is said, which looks anew', demo, 'auto', '', true],
    ['the service it uses is named', ollama, undefined, `${url}/`, false],
    ['another service is named', ollama, undefined, 'http://10.0.0.6:11434', true],
    [
      'a service is named that was not there',
      { ...demo, ollamaUrl: url },
      undefined,
      `${url}/`,
      true,
    ],
    [
      'a service is named, but none is wanted',
      { choice: 'none', path: { kind: 'none' } },
      undefined,
      url,
      false,
    ],
  ])('is looked at again or left alone when %s', (_case, settings, choice, named, expected) => {
    expect(wantsOtherInference(settings, choice, { OLLAMA_BASE_URL: named })).toBe(expected);
  });
});

describe('a download that was agreed to', () => {
  const paths: readonly InferencePath[] = [
    { kind: 'none' },
    { kind: 'demo' },
    { kind: 'ollama', url },
    { kind: 'ollama', url: 'http://10.0.0.6:11434' },
    { kind: 'container', image: 'a' },
    { kind: 'container', image: 'b' },
  ];

  it('counts for the very service it was agreed to for, and for no other', () => {
    const agreedModel = 'qwen3.5:0.8b';
    const kept = paths.flatMap((before, from) =>
      paths.flatMap((after, to) => {
        const agreed = agreedFor({ choice: 'auto', path: before, agreedModel }, { ...after });
        return agreed === undefined ? [] : [[from, to]];
      }),
    );
    expect(kept).toEqual([2, 3, 4, 5].map((index) => [index, index]));
  });
});
