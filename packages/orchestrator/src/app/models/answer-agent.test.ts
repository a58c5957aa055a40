import type { AgentCall } from '@cynodeai/contracts/control-plane';
import { memoryLog } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { ableNode } from '../../../test/support/node-facts.ts';
import type { ModelAnswer } from '../../domain/prompts/model-answer.ts';
import { routingSettings } from '../../domain/routing/routing-settings.ts';
import type { GenerateOptions } from '../../ports/model-client.ts';
import type { NewRoutingDecision } from '../../ports/routing.ts';
import { SilentNodes } from '../dispatch/silent-nodes.ts';
import { type AnswerAgentDeps, answerAgent } from './answer-agent.ts';
import { KnownContexts } from './known-contexts.ts';
import { ModelPlaces } from './model-places.ts';
import { RestingServices } from './resting-services.ts';

const answered: ModelAnswer = {
  kind: 'answered',
  text: 'hi',
  thoughtChars: 0,
  model: 'm:1',
  finishReason: 'stop',
  usage: undefined,
};
const failed: ModelAnswer = { kind: 'failed', errorType: 'model_refused', message: 'no' };
const call: AgentCall = {
  routing: { agent: 'project_manager', purpose: 'plan' },
  messages: [{ role: 'user', content: 'q' }],
};

function world(
  answers: readonly ModelAnswer[],
  change: Partial<AnswerAgentDeps> = {},
  time = { monotonicMs: 0 },
) {
  const monotonicMs = (): number => time.monotonicMs;
  const recorded: NewRoutingDecision[] = [];
  const limits: GenerateOptions['limits'][] = [];
  const log = memoryLog();
  const deps: AnswerAgentDeps = {
    model: {
      nodes: {
        all: async () =>
          ['a', 'b', 'c'].map((slug) => ({
            facts: ableNode(slug, { nodeId: slug }),
            connection: { nodeId: slug, slug, url: `http://${slug}`, token: 't' },
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
        generate: async (_endpoint, _request, options) => {
          limits.push(options.limits);
          time.monotonicMs += 400;
          return answers[limits.length - 1] ?? answered;
        },
      },
      contexts: new KnownContexts({ contextLength: async () => undefined }, monotonicMs),
      silent: new SilentNodes(monotonicMs),
      resting: new RestingServices(monotonicMs),
      directUrl: undefined,
      defaultModel: 'small:1',
      relayPath: '/relay',
    },
    routing: {
      settings: async (agent) => ({
        routing: routingSettings(agent, new Map()),
        calls: { limits: { loadMs: 1, silenceMs: 1, totalMs: 100_000 }, atOnce: undefined },
      }),
      holders: async () => new Set(),
      subjectOf: async () => undefined,
    },
    decisions: { record: async (row) => void recorded.push(row), finish: async () => {} },
    places: new ModelPlaces(),
    clock: { now: () => new Date() },
    monotonicMs,
    log,
    firstWordMs: 5,
    longestMs: 1000,
    ...change,
  };
  const signal = new AbortController().signal;
  const ask = () => answerAgent({ call, caller: { kind: 'runner' }, requestId: 'r', signal }, deps);
  return { ask, recorded, limits, log };
}

describe('a model call of an agent', () => {
  it('is made once more elsewhere within what is left of its time, and not a third time', async () => {
    const { ask, recorded, limits } = world([failed, failed]);
    await expect(ask()).rejects.toMatchObject({ code: 'model_failed' });
    expect(limits.map(({ totalMs }) => totalMs)).toEqual([1000, 600]);
    expect(recorded.map(({ decision }) => decision.reasons[0])).toEqual([
      'local_capable',
      'local_attempt_failed',
    ]);
    expect(recorded[1]?.parentId).toBe(recorded[0]?.id);
  });

  it('is not made again once its time is over', async () => {
    const { ask, limits } = world([failed], { longestMs: 300 });
    await expect(ask()).rejects.toMatchObject({ code: 'model_failed' });
    expect(limits).toHaveLength(1);
  });

  it('keeps its answer when the end cannot be recorded, and says so in the log', async () => {
    const { ask, log } = world([answered], {
      decisions: {
        record: async () => {},
        finish: () => Promise.reject(new Error('the database is away')),
      },
    });
    expect(await ask()).toMatchObject({ message: { content: 'hi' } });
    expect(log.lines.some(({ level }) => level === 'warn')).toBe(true);
  });

  it('sends nothing when the decision cannot be recorded, and frees its place', async () => {
    const places = new ModelPlaces();
    const { ask, limits } = world([answered], {
      places,
      decisions: {
        record: () => Promise.reject(new Error('the database is away')),
        finish: async () => {},
      },
    });
    await expect(ask()).rejects.toThrow('the database is away');
    expect(limits).toEqual([]);
    expect(await places.enter(1, new AbortController().signal)).toBe(true);
  });
});
