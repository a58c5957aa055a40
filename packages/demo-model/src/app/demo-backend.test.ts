import { parseJson } from '@cynodeai/runtime/std';
import { demoModelRef } from '@cynodeai/contracts/model';
import { describe, expect, it } from 'vitest';
import type { AnswerPiece, ModelQuestion } from '../ports/model-backend.ts';
import { DemoBackend } from './demo-backend.ts';

const start = Date.UTC(2026, 0, 1);

function backendAt(): { backend: DemoBackend; readonly pass: (ms: number) => void } {
  let now = start;
  const clock = { now: () => new Date(now) };
  return {
    backend: new DemoBackend({ version: '1', clock, digest: 'd' }),
    pass: (ms) => {
      now += ms;
    },
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function answer(question: Partial<ModelQuestion>): Promise<AnswerPiece[]> {
  const { backend } = backendAt();
  return collect(
    backend.answer({
      model: 'cynode-demo',
      messages: [{ role: 'user', content: '1+1?', images: 0 }],
      tools: [],
      think: false,
      stop: [],
      ...question,
    }),
  );
}

describe('the demo model behind the wire', () => {
  it('is in memory for five minutes unless told, and leaves by itself', () => {
    const { backend, pass } = backendAt();
    expect(backend.loaded()).toEqual([]);
    backend.load(demoModelRef, undefined);
    pass(299_999);
    expect(backend.loaded()).toEqual([
      { name: demoModelRef, expiresAt: new Date(start + 300_000) },
    ]);
    pass(1);
    expect(backend.loaded()).toEqual([]);
  });

  it('stays for ever, or leaves at once, when told', () => {
    const { backend, pass } = backendAt();
    backend.load(demoModelRef, -1);
    pass(100 * 365 * 86_400_000);
    expect(backend.loaded()).toHaveLength(1);
    backend.unload();
    expect(backend.loaded()).toEqual([]);
    expect(() => backend.load(demoModelRef, 'soon')).toThrow('keep_alive must be');
  });

  it('has nothing to pull but itself', async () => {
    const { backend } = backendAt();
    const lines = await collect(backend.pull(demoModelRef));
    expect(lines.at(-1)).toEqual({ status: 'success' });
    await expect(collect(backend.pull('llama:latest'))).rejects.toMatchObject({
      code: 'failed',
    });
  });

  it('answers word by word and counts words as tokens', async () => {
    expect(await answer({})).toEqual([
      { kind: 'text', text: '1+1' },
      { kind: 'text', text: ' =' },
      { kind: 'text', text: ' 2' },
      { kind: 'end', reason: 'stop', promptTokens: 1, answerTokens: 3 },
    ]);
    expect((await answer({ maxTokens: 1 })).at(-1)).toMatchObject({ reason: 'length' });
  });

  it('wraps its answer for who asks for JSON, and calls tools as ever', async () => {
    const text = (await answer({ format: 'json' })).map((piece) =>
      piece.kind === 'text' ? piece.text : '',
    );
    expect(parseJson(text.join(''))).toEqual({ model: demoModelRef, answer: '1+1 = 2' });
    const tool = {
      function: { name: 'sh', description: 'Run', parameters: { properties: { command: {} } } },
    };
    const pieces = await answer({
      format: 'json',
      tools: [tool],
      messages: [{ role: 'user', content: 'run `id`', images: 0 }],
    });
    expect(pieces.map(({ kind }) => kind)).toEqual(['tool_calls', 'end']);
  });

  it('refuses what it cannot do instead of pretending', async () => {
    await expect(answer({ think: true })).rejects.toMatchObject({ code: 'not_supported' });
    await expect(answer({ format: {} })).rejects.toMatchObject({ code: 'not_supported' });
  });
});
