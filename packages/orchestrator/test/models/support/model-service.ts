import { canonicalModel, ollamaRoutes } from '@cynodeai/contracts/model';
import { HttpClient, callRoute } from '@cynodeai/runtime/call';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OllamaClient, promptLanes } from '../../../src/adapters/models/ollama-client.ts';
import { estimatedTokens } from '../../../src/domain/prompts/context-size.ts';
import type { ModelAnswer } from '../../../src/domain/prompts/model-answer.ts';
import { withReadingTime } from '../../../src/domain/prompts/model-limits.ts';
import { type ModelRequest, modelRequest } from '../../../src/domain/prompts/model-request.ts';

/** A model service as the orchestrator sees it. */
export interface ModelServiceUnderTest extends AsyncDisposable {
  readonly url: string;
  /** A small model that it has, as its list names it. */
  readonly model: string;
}

const limits = {
  firstWordMs: 120_000,
  silenceMs: 60_000,
  loadMs: 300_000,
  totalMs: 600_000,
};
const never = new AbortController().signal;
/** More tokens than a service takes by itself, fewer than the smallest models can hold. */
const long = 'one two three four five six seven eight nine ten '.repeat(560);
/** Asks for an answer that takes a while, at any model. */
const story = 'Tell a very long story, for ever.';

/**
 * What the product relies on of a model service. The scripted model passes it and may stand for one only as far as
 * this goes; `npm run try:ollama` asks a real one.
 */
export function testModelService(name: string, open: () => Promise<ModelServiceUnderTest>): void {
  describe(`a model service: ${name}`, () => {
    const http = new HttpClient({ lanes: promptLanes });
    const client = new OllamaClient(http);
    let service: ModelServiceUnderTest;
    beforeAll(async () => {
      service = await open();
    });
    afterAll(async () => {
      await http.close();
      await service[Symbol.asyncDispose]();
    });

    const how = (timeoutMs = 30_000) => ({ client: http, baseUrl: service.url, timeoutMs });
    // Short answers: what is asked for here are ways, not words.
    const room = (tokens: number) => ({ options: { num_ctx: tokens, num_predict: 24 } });
    const ask = (
      request: Partial<ModelRequest> & { readonly prompt: string },
      { signal = never, onText }: { signal?: AbortSignal; onText?: (text: string) => void } = {},
    ): Promise<ModelAnswer> =>
      client.generate(
        { baseUrl: service.url },
        { ...modelRequest(service.model, request.prompt, 4096), ...room(4096), ...request },
        {
          limits: withReadingTime(limits, estimatedTokens(request.prompt)),
          signal,
          onText,
        },
      );

    it('says its version, and lists its models with their sizes', async () => {
      const version = await callRoute(ollamaRoutes.version, {}, how());
      expect(version.body.version).toMatch(/^\d+\.\d+/);
      const { models } = (await callRoute(ollamaRoutes.tags, {}, how())).body;
      const listed = models?.find(
        (one) => canonicalModel(one.model ?? one.name ?? '') === canonicalModel(service.model),
      );
      expect(listed).toMatchObject({ size: expect.any(Number) });
      expect(listed?.remote_host).toBeUndefined();
    });

    it('sends nothing to the cloud of its maker (start it with OLLAMA_NO_CLOUD=1)', async () => {
      const cloud = await callRoute(ollamaRoutes.status, {}, how()).then(
        ({ body }) => body.cloud,
        // An older service has no such path, and no cloud.
        () => ({ disabled: true }),
      );
      expect(cloud?.disabled).toBe(true);
    });

    it('tells what a model can do and how much it can hold', async () => {
      const { body } = await callRoute(
        ollamaRoutes.show,
        { body: { model: service.model } },
        how(),
      );
      expect(body.capabilities).toContain('completion');
      const most = await client.contextLength({ baseUrl: service.url }, service.model, never);
      expect(most).toBeGreaterThanOrEqual(2048);
    });

    it('answers word by word, counts its tokens and says why it ended', async () => {
      const pieces: string[] = [];
      const answer = await ask({ prompt: 'Say hello.' }, { onText: (text) => pieces.push(text) });
      expect(answer).toMatchObject({
        kind: 'answered',
        text: pieces.join(''),
        thoughtChars: 0,
        finishReason: expect.stringMatching(/^(?:stop|length)$/),
        usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
      });
      expect(pieces.length).toBeGreaterThan(1);
    });

    it('lists a model in memory with the room it has there', async () => {
      await ask({ prompt: 'Say hello.' });
      const { models } = (await callRoute(ollamaRoutes.ps, {}, how())).body;
      const loaded = models?.find(
        (one) => canonicalModel(one.model ?? one.name ?? '') === canonicalModel(service.model),
      );
      expect(loaded).toBeDefined();
      expect(loaded?.context_length ?? 4096).toBeGreaterThanOrEqual(4096);
    });

    it('refuses what does not fit instead of cutting it, in words that are understood', async () => {
      expect(await ask({ prompt: long, ...room(2048) })).toMatchObject({ kind: 'too_long' });
    });

    it('makes room for more when it is asked to', async ({ skip }) => {
      const most = await client.contextLength({ baseUrl: service.url }, service.model, never);
      skip((most ?? 0) < 8192, 'the model cannot hold more');
      const answer = await ask({ prompt: long, ...room(8192) });
      expect(answer.kind).toBe('answered');
      const { usage } = answer as Extract<ModelAnswer, { kind: 'answered' }>;
      expect(usage?.input_tokens).toBeGreaterThan(4096);
    });

    it('knows a model by every spelling of its name', async () => {
      const canonical = canonicalModel(service.model);
      const spellings = [canonical.toUpperCase(), canonical.replace(/:latest$/, '')];
      for (const model of spellings) {
        expect(await ask({ model, prompt: 'Say hello.' })).toMatchObject({ kind: 'answered' });
      }
    });

    it('says of a model that it has not, and of no other fault, that it is not found', async () => {
      expect(await ask({ model: 'no-such-model:1b', prompt: 'hi' })).toMatchObject({
        kind: 'not_taken',
        reason: 'no_model',
      });
    });

    it('is free again once a caller has left', async () => {
      const stop = new AbortController();
      const endless = { prompt: story, options: { num_ctx: 4096 } };
      await ask(endless, { signal: stop.signal, onText: () => stop.abort() });
      expect(await ask({ prompt: 'Say hello.' })).toMatchObject({ kind: 'answered' });
    });

    it('answers two that ask at once, in turn or together', async () => {
      const both = await Promise.all([ask({ prompt: 'Say yes.' }), ask({ prompt: 'Say no.' })]);
      expect(both.map(({ kind }) => kind)).toEqual(['answered', 'answered']);
    });
  });
}
