import { describe, expect, it } from 'vitest';
import { ableNode } from '../../../test/support/node-facts.ts';
import type { ModelAnswer } from '../../domain/prompts/model-answer.ts';
import type { ModelClient } from '../../ports/model-client.ts';
import { SilentNodes } from '../dispatch/silent-nodes.ts';
import { type AskModelDeps, askModel } from './ask-model.ts';
import { KnownContexts } from './known-contexts.ts';
import { RestingServices } from './resting-services.ts';

const answered: ModelAnswer = {
  kind: 'answered',
  text: 'hi',
  thoughtChars: 0,
  model: 'm:1',
  finishReason: 'stop',
  usage: undefined,
};

const limits = { firstWordMs: 1, silenceMs: 2, loadMs: 3, totalMs: 4 };

function world(
  answer: ModelAnswer | ((...call: Parameters<ModelClient['generate']>) => Promise<ModelAnswer>),
  change: Partial<AskModelDeps> & {
    readonly slugs?: readonly string[];
    /** Context length of the model; the service does not say when absent. */
    readonly context?: number;
  } = {},
) {
  const calls: Parameters<ModelClient['generate']>[] = [];
  const { slugs = ['a'], context, ...others } = change;
  const time = { monotonicMs: 0 };
  const monotonicMs = () => time.monotonicMs;
  const deps: AskModelDeps = {
    nodes: {
      all: async () =>
        slugs.map((slug) => ({
          facts: ableNode(slug, { nodeId: slug }),
          connection: { nodeId: slug, slug, url: `http://${slug}`, token: `t-${slug}` },
        })),
    },
    models: {
      current: async () => ({
        modelRef: 'm:1',
        nodeSlug: 'a',
        status: 'available',
        executionMode: 'local',
      }),
    },
    client: {
      generate: (...call) => {
        calls.push(call);
        return typeof answer === 'function' ? answer(...call) : Promise.resolve(answer);
      },
    },
    contexts: new KnownContexts({ contextLength: async () => context }, monotonicMs),
    silent: new SilentNodes(monotonicMs),
    resting: new RestingServices(monotonicMs),
    directUrl: undefined,
    defaultModel: 'small:1',
    relayPath: '/relay',
    ...others,
  };
  const stop = new AbortController();
  const ask = (text = 'q') => askModel({ text, signal: stop.signal, limits }, deps);
  return { ask, calls, stop, time };
}

describe('asking the model', () => {
  it("goes through the relay of the model's node, within the limits of its caller", async () => {
    const { ask, calls } = world(answered, { slugs: ['a', 'b'] });
    expect(await ask()).toEqual({ kind: 'answered', answer: answered, model: 'm:1' });
    expect(calls[0]?.slice(0, 2)).toEqual([
      { baseUrl: 'http://a/relay', token: 't-a' },
      {
        model: 'm:1',
        prompt: 'q',
        stream: true,
        think: false,
        truncate: false,
        options: { num_ctx: 4096 },
      },
    ]);
    // One token of a question is 50 ms more to its first word.
    expect(calls[0]?.[2].limits).toEqual({ ...limits, firstWordMs: limits.firstWordMs + 50 });
  });

  it('gives a long question the time that a slow processor needs to read it', async () => {
    const { ask, calls } = world(answered);
    await ask('x'.repeat(3 * 8000));
    expect(calls[0]?.[2].limits.firstWordMs).toBe(limits.firstWordMs + 400_000);
  });

  it.each([
    ['a short input', 'q', undefined, 4096],
    ['40 KB', 'x'.repeat(40_000), undefined, 16_384],
    ['40 KB, of a small model', 'x'.repeat(40_000), 8192, 8192],
    ['400 KB, of a model that does not say what it takes', 'x'.repeat(400_000), undefined, 32_768],
    ['400 KB, of a large model', 'x'.repeat(400_000), 1_000_000, 262_144],
  ])('asks for room for %s and an answer', async (_what, text, context, tokens) => {
    const { ask, calls } = world(answered, { ...(context !== undefined && { context }) });
    await ask(text);
    expect(calls.map(([, request]) => request.options.num_ctx)).toEqual([tokens]);
  });

  it('asks for more room when the service counts more than was thought, and remembers nothing of it', async () => {
    const asked: number[] = [];
    const { ask } = world(
      async (_endpoint, { options }) => {
        asked.push(options.num_ctx);
        return options.num_ctx < 9000 ? { kind: 'too_long', inputTokens: 7000 } : answered;
      },
      { context: 100_000 },
    );
    expect(await ask()).toMatchObject({ kind: 'answered' });
    expect(asked).toEqual([4096, 16_384]);
  });

  it.each([
    [5000, /input is 5000 tokens long and m:1 takes 4096; shorten/],
    [undefined, /input is about 1 tokens long and m:1 takes 4096/],
  ])(
    'refuses what the model cannot hold, with both numbers (counted: %s)',
    async (inputTokens, message) => {
      const { ask, calls } = world({ kind: 'too_long', inputTokens }, { context: 4096 });
      const outcome = await ask();
      expect(outcome).toEqual({ kind: 'too_long', message: expect.stringMatching(message) });
      expect(calls).toHaveLength(1);
    },
  );

  it('leaves a service alone for a moment that did not take a call, longer and longer, until it takes one', async () => {
    let answer: ModelAnswer = {
      kind: 'not_taken',
      message: 'x',
      reason: 'busy',
      isUnreachable: false,
    };
    const { ask, calls, time } = world(async () => answer);
    const waits: number[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      const outcome = await ask();
      const delayMs = outcome.kind === 'not_taken' ? outcome.delayMs : Number.NaN;
      waits.push(delayMs);
      time.monotonicMs += delayMs - 1;
      expect(await ask()).toEqual({ kind: 'waiting', reason: 'model_service_busy' });
      time.monotonicMs += 1;
    }
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
    expect(waits.every((ms) => ms >= 1200 && ms <= 12_000)).toBe(true);
    expect(calls).toHaveLength(6);
    answer = answered;
    expect(await ask()).toMatchObject({ kind: 'answered' });
    expect(await ask()).toMatchObject({ kind: 'answered' });
  });

  it('goes to a configured URL without a token, and asks no node', async () => {
    const { ask, calls } = world(answered, {
      directUrl: 'http://model',
      models: { current: async () => undefined },
      nodes: { all: () => Promise.reject(new Error('not asked')) },
    });
    expect(await ask()).toMatchObject({ kind: 'answered', model: 'small:1' });
    expect(calls[0]?.[0]).toEqual({ baseUrl: 'http://model' });
  });

  it('says for what callers must wait, and asks nobody', async () => {
    const { ask, calls } = world(answered, { slugs: [] });
    expect(await ask()).toEqual({ kind: 'waiting', reason: 'no_inference_path' });
    expect(calls).toEqual([]);
  });

  it('tells whether another node can be asked at once, and prefers it then', async () => {
    const mute: ModelAnswer = {
      kind: 'not_taken',
      message: 'refused',
      reason: 'down',
      isUnreachable: true,
    };
    const { ask, calls } = world(mute, { slugs: ['a', 'b'] });
    expect(await ask()).toMatchObject({ kind: 'not_taken', message: 'refused', elsewhere: true });
    expect(await ask()).toMatchObject({ kind: 'not_taken', message: 'refused', elsewhere: false });
    expect(calls.map(([endpoint]) => endpoint.baseUrl)).toEqual([
      'http://a/relay',
      'http://b/relay',
    ]);
  });

  it('does not leave a node that is only busy', async () => {
    const busy: ModelAnswer = {
      kind: 'not_taken',
      message: 'full',
      reason: 'busy',
      isUnreachable: false,
    };
    const { ask } = world(busy, { slugs: ['a', 'b'] });
    expect(await ask()).toMatchObject({ kind: 'not_taken', elsewhere: false });
  });

  it('tells a failed call from one that its caller ended', async () => {
    const gone: ModelAnswer = { kind: 'failed', errorType: 'model_unreachable', message: 'gone' };
    const failed = world(gone);
    expect(await failed.ask()).toEqual({
      kind: 'failed',
      failure: gone,
      model: 'm:1',
      contextTokens: 4096,
    });
    const ended = world((_endpoint, _request, { signal }) => {
      const answer = new Promise<ModelAnswer>((resolve) => {
        signal.addEventListener('abort', () => resolve(gone));
      });
      ended.stop.abort();
      return answer;
    });
    expect(await ended.ask()).toEqual({ kind: 'aborted' });
  });
});
