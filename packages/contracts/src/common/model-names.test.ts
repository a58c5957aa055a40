import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  canonicalModel,
  guessedCapabilities,
  isCloudModel,
  looksLikeEmbedding,
} from './model-names.ts';

it.each([
  ['qwen3', 'qwen3:latest'],
  ['qwen3:latest', 'qwen3:latest'],
  ['Qwen3:0.6B', 'qwen3:0.6b'],
  ['library/qwen3', 'qwen3:latest'],
  ['registry.ollama.ai/library/qwen3:8b', 'qwen3:8b'],
  ['https://registry.ollama.ai/library/qwen3', 'qwen3:latest'],
  ['registry.ollama.ai/team/qwen3', 'team/qwen3:latest'],
  ['localhost:5000/library/x', 'localhost:5000/library/x:latest'],
  ['hf.co/Bartowski/Llama-GGUF:Q4_K_M', 'hf.co/bartowski/llama-gguf:q4_k_m'],
])('%s is %s', (ref, canonical) => {
  expect(canonicalModel(ref)).toBe(canonical);
});

it('has one form of each name', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,4}(\/[a-z]{1,4})?(:[a-z0-9-]{1,6})?$/), (ref) => {
      const canonical = canonicalModel(ref);
      expect(canonicalModel(canonical)).toBe(canonical);
      for (const same of [ref.toUpperCase(), `registry.ollama.ai/${ref}`]) {
        if (!ref.startsWith('library/')) expect(canonicalModel(same)).toBe(canonical);
        expect(isCloudModel(same)).toBe(isCloudModel(ref));
      }
    }),
  );
});

it.each(['gpt-oss:120b-cloud', 'x:cloud', 'X:Cloud', 'deepseek-cloud', 'team/x-cloud:latest'])(
  '%s is computed elsewhere',
  (ref) => {
    expect(isCloudModel(ref)).toBe(true);
  },
);

it.each(['cloudy:8b', 'cloud:8b', 'team-cloud/x:8b', 'x:cloud9'])('%s is not', (ref) => {
  expect(isCloudModel(ref)).toBe(false);
});

it.each([
  ['nomic-embed-text', []],
  ['mxbai-embed-large:335m', []],
  ['all-minilm', []],
  ['library/bge-m3', []],
  ['team/e5-large', []],
  ['anything', ['nomic-bert']],
  ['anything', ['llama', 'BERT']],
])('%s of %j only embeds', (ref, families) => {
  expect(looksLikeEmbedding(ref, families)).toBe(true);
  expect(guessedCapabilities(ref, families)).toEqual(['embedding']);
});

it.each([
  ['llama3:8b', ['llama']],
  ['qwen3.5', []],
  ['smollm2:135m', ['llama']],
  ['phi3-e5', []],
])('%s of %j may write', (ref, families) => {
  expect(looksLikeEmbedding(ref, families)).toBe(false);
  expect(guessedCapabilities(ref, families)).toEqual(['completion']);
});
