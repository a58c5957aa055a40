import { describe, expect, it } from 'vitest';
import { ableNode } from '../../../test/support/node-facts.ts';
import type { ModelAnswer } from '../../domain/prompts/model-answer.ts';
import type { ModelClient } from '../../ports/model-client.ts';
import { SilentNodes } from '../dispatch/silent-nodes.ts';
import { type AskModelDeps, askModel } from './ask-model.ts';

const answered: ModelAnswer = {
  kind: 'answered',
  text: 'hi',
  model: 'm:1',
  finishReason: 'stop',
  usage: undefined,
};

function world(
  answer: ModelAnswer | ((...call: Parameters<ModelClient['generate']>) => Promise<ModelAnswer>),
  change: Partial<AskModelDeps> & { readonly slugs?: readonly string[] } = {},
) {
  const calls: Parameters<ModelClient['generate']>[] = [];
  const { slugs = ['a'], ...others } = change;
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
    silent: new SilentNodes(() => 0),
    directUrl: undefined,
    defaultModel: 'small:1',
    relayPath: '/relay',
    timeoutMs: 120_000,
    ...others,
  };
  const stop = new AbortController();
  const ask = (timeoutMs?: number) =>
    askModel(
      { text: 'q', signal: stop.signal, ...(timeoutMs !== undefined && { timeoutMs }) },
      deps,
    );
  return { ask, calls, stop };
}

describe('asking the model', () => {
  it("goes through the relay of the model's node, within the limit that is set or the caller's own", async () => {
    const { ask, calls } = world(answered, { slugs: ['a', 'b'] });
    expect(await ask()).toEqual({ kind: 'answered', answer: answered, model: 'm:1' });
    await ask(5000);
    expect(calls[0]?.slice(0, 2)).toEqual([
      { baseUrl: 'http://a/relay', token: 't-a' },
      { model: 'm:1', prompt: 'q', stream: false },
    ]);
    expect(calls.map(([, , { timeoutMs }]) => timeoutMs)).toEqual([120_000, 5000]);
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
    const mute: ModelAnswer = { kind: 'not_taken', message: 'refused', isUnreachable: true };
    const { ask, calls } = world(mute, { slugs: ['a', 'b'] });
    expect(await ask()).toEqual({ kind: 'not_taken', message: 'refused', elsewhere: true });
    expect(await ask()).toEqual({ kind: 'not_taken', message: 'refused', elsewhere: false });
    expect(calls.map(([endpoint]) => endpoint.baseUrl)).toEqual([
      'http://a/relay',
      'http://b/relay',
    ]);
  });

  it('does not leave a node that is only busy', async () => {
    const busy: ModelAnswer = { kind: 'not_taken', message: 'full', isUnreachable: false };
    const { ask } = world(busy, { slugs: ['a', 'b'] });
    expect(await ask()).toMatchObject({ kind: 'not_taken', elsewhere: false });
  });

  it('tells a failed call from one that its caller ended', async () => {
    const gone: ModelAnswer = { kind: 'failed', errorType: 'model_unreachable', message: 'gone' };
    const failed = world(gone);
    expect(await failed.ask()).toEqual({ kind: 'failed', failure: gone, model: 'm:1' });
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
