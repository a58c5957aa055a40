import { demoModelRef } from '@cynodeai/contracts/model';
import { FakeClock, type MemoryLog, memoryLog } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { ableNode } from '../../../test/support/node-facts.ts';
import type { ModelAnswer } from '../../domain/prompts/model-answer.ts';
import type { StoredEnd } from '../../domain/jobs/stored-end.ts';
import type { EndedJob } from '../../ports/job-ends.ts';
import type { Renewal } from '../../ports/leases.ts';
import type { ModelClient } from '../../ports/model-client.ts';
import type { PmModelReader } from '../../ports/models.ts';
import type { Nodes } from '../../ports/nodes.ts';
import type { ClaimedPrompt } from '../../ports/prompts.ts';
import { SilentNodes } from '../dispatch/silent-nodes.ts';
import { JobCompleter } from '../jobs/job-completer.ts';
import { LiveTeller } from '../jobs/live-teller.ts';
import { HeldLeases } from '../leases/held-leases.ts';
import { KnownContexts } from '../models/known-contexts.ts';
import { RestingServices } from '../models/resting-services.ts';
import { PromptDispatcher, type PromptDispatcherDeps } from './prompt-dispatcher.ts';

const modelLimits = {
  firstWordMs: 120_000,
  silenceMs: 30_000,
  loadMs: 600_000,
  totalMs: 1_800_000,
};
const prompt = (jobId: string): ClaimedPrompt => ({
  taskId: `task-${jobId}`,
  jobId,
  leaseId: `lease-${jobId}`,
  brokenCalls: 0,
  leaseMs: 60_000,
  limits: modelLimits,
});
const answered: ModelAnswer = {
  kind: 'answered',
  text: 'hi',
  thoughtChars: 0,
  model: 'm:1',
  finishReason: 'stop',
  usage: undefined,
};
const facts = ableNode('n', { nodeId: 'n', maxConcurrency: 1 });

interface Behaviour {
  readonly generate?: ModelClient['generate'];
  readonly jobs?: readonly string[];
  readonly renewal?: Partial<Renewal>;
  readonly selected?: PmModelReader;
  readonly connection?: boolean;
  readonly isStorageAway?: boolean;
  readonly nodes?: Nodes['all'];
  /** Prompts at a model, of whoever. */
  readonly underWay?: number;
  readonly atOnce?: number;
  /** How long reading a prompt takes. */
  readonly readingMs?: number;
}

/** A dispatcher among fakes that remember what they were asked. */
function world(behaviour: Behaviour = {}) {
  const queued = [...(behaviour.jobs ?? ['a'])];
  const ended: EndedJob[] = [];
  const told: string[] = [];
  const back: { readonly jobId: string; readonly reason: string }[] = [];
  const waiting: string[] = [];
  const limits: number[] = [];
  const due: number[] = [];
  const calls: Parameters<ModelClient['generate']>[] = [];
  const clock = new FakeClock();
  const log: MemoryLog = memoryLog();
  const time = { monotonicMs: 0 };
  const selected: PmModelReader = {
    current: async () => ({
      modelRef: 'm:1',
      nodeSlug: 'n',
      status: 'available',
      executionMode: 'local',
    }),
  };
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (ms === 0 || signal?.aborted !== false) resolve();
      else signal.addEventListener('abort', () => resolve());
    });
  const monotonicMs = () => time.monotonicMs;
  const held = new HeldLeases<ClaimedPrompt>({
    what: 'prompt',
    idField: 'job_id',
    idOf: ({ jobId }) => jobId,
    renew: async () => ({ leaseMs: 60_000, canceled: [], lost: [], ...behaviour.renewal }),
    canceledAmong: async (jobIds) => [...jobIds],
    aliveBy: 'holder',
    whenCanceled: 'let_go',
    log,
    sleep,
    monotonicMs,
    onFree: () => {},
  });
  const connection =
    behaviour.connection === false
      ? undefined
      : { nodeId: 'n', slug: 'n', url: 'http://n', token: 'tok' };
  const deps: PromptDispatcherDeps = {
    held,
    prompts: {
      queue: async () => ({
        isDue: queued.length > 0,
        underWay: behaviour.underWay ?? 0,
        atOnce: behaviour.atOnce,
      }),
      claim: async ({ limit }) => {
        limits.push(limit);
        return queued.splice(0, limit).map(prompt);
      },
      noteWaiting: async (reason) => void waiting.push(reason),
    },
    leases: {
      requeue: async ({ jobId }, { reason }) => {
        back.push({ jobId, reason });
        if (behaviour.isStorageAway === true) throw new Error('away');
        return true;
      },
    },
    input: {
      read: async () => {
        time.monotonicMs += behaviour.readingMs ?? 0;
        return { prompt: 'p', files: [] };
      },
    },
    completer: new JobCompleter({
      ends: {
        complete: async (jobs) => {
          ended.push(...jobs);
          return new Map(jobs.map((job): [string, StoredEnd] => [job.jobId, 'recorded']));
        },
      },
      log,
      sleep,
    }),
    model: {
      nodes: { all: behaviour.nodes ?? (async () => [{ facts, connection }]) },
      models: behaviour.selected ?? selected,
      client: {
        generate: (...call) => {
          calls.push(call);
          return behaviour.generate?.(...call) ?? Promise.resolve(answered);
        },
      },
      contexts: new KnownContexts({ contextLength: async () => 4096 }, monotonicMs),
      silent: new SilentNodes(monotonicMs),
      resting: new RestingServices(monotonicMs),
      directUrl: undefined,
      defaultModel: 'small:1',
      relayPath: '/relay',
    },
    teller: new LiveTeller({
      live: {
        tell: async (news) => {
          told.push(...news.flatMap(({ pieces }) => pieces.map(({ text }) => text)));
          return new Set(news.map(({ lease }) => lease.jobId));
        },
      },
      log,
      sleep: () => Promise.resolve(),
    }),
    blobs: { open: () => Promise.reject(new Error('no blob')) },
    maxCalls: 2,
    log,
    sleep,
    clock,
    monotonicMs,
    onDue: (ms) => void due.push(ms),
  };
  const dispatcher = new PromptDispatcher(deps);
  const idle = () => expect.poll(() => held.leaseIds).toEqual([]);
  return { dispatcher, held, ended, back, waiting, limits, due, calls, clock, log, queued, idle };
}

/** A model that answers only when its call is ended. */
const untilEnded: ModelClient['generate'] = (_endpoint, _request, { signal }) =>
  new Promise((resolve) => {
    const gone: ModelAnswer = { kind: 'failed', errorType: 'model_unreachable', message: 'gone' };
    signal.addEventListener('abort', () => resolve(gone));
  });

describe('the dispatcher of prompts', () => {
  it('accepts an answer after 110 s and gives the call the limits of its claim (REQ-ORCHES-0118)', async () => {
    const release = Promise.withResolvers<ModelAnswer>();
    const { dispatcher, held, clock, ended, calls, idle } = world({
      generate: () => release.promise,
    });
    await dispatcher.dispatch();
    await expect.poll(() => calls.length).toBe(1);
    const { firstWordMs, ...others } = modelLimits;
    expect(calls[0]?.[2].limits).toMatchObject(others);
    expect(calls[0]?.[2].limits.firstWordMs).toBeGreaterThan(firstWordMs);
    clock.advance(110_000);
    await held.renew();
    release.resolve(answered);
    await idle();
    const result = ended[0]?.result;
    const span =
      Date.parse(String(result?.['ended_at'])) - Date.parse(String(result?.['started_at']));
    expect([ended[0]?.status, span]).toEqual(['completed', 110_000]);
  });

  it('calls the relay with its token, and never more than its number of calls', async () => {
    const { dispatcher, held, calls, limits, queued } = world({
      jobs: ['a', 'b', 'c'],
      generate: untilEnded,
    });
    await dispatcher.dispatch();
    await dispatcher.dispatch();
    await expect.poll(() => calls.length).toBe(2);
    expect(calls[0]?.slice(0, 2)).toEqual([
      { baseUrl: 'http://n/relay', token: 'tok' },
      {
        model: 'm:1',
        prompt: 'p',
        stream: true,
        think: false,
        truncate: false,
        options: { num_ctx: 4096 },
      },
    ]);
    expect([limits, queued]).toEqual([[2], ['c']]);
    expect(held.leaseIds).toEqual(['lease-a', 'lease-b']);
    await held.findCanceled();
    await dispatcher.drain(0);
  });

  it('claims nothing while closing, or when nothing is due', async () => {
    const closing = world();
    closing.held.close();
    await closing.dispatcher.dispatch();
    expect(closing.limits).toEqual([]);
    const idle = world({ jobs: [] });
    await idle.dispatcher.dispatch();
    await idle.held.renew();
    await idle.held.findCanceled();
    await idle.dispatcher.drain(0);
    expect([idle.limits, idle.waiting]).toEqual([[], []]);
  });

  it('says what prompts wait for, and takes none meanwhile', async () => {
    const none = world({ selected: { current: async () => undefined } });
    await none.dispatcher.dispatch();
    expect([none.limits, none.waiting]).toEqual([[], ['pm_model_not_selected']]);
    const mute = world({ connection: false });
    await mute.dispatcher.dispatch();
    expect(mute.waiting).toEqual(['no_inference_path']);
  });

  it.each([
    ['one of', 'm:1', undefined, 1],
    ['as many as the operator says of', 'm:1', 3, 3],
    ['four of', demoModelRef, undefined, 4],
  ])(
    'says that they wait for each other, and looks at nothing else, while %s them is at the model',
    async (_what, modelRef, atOnce, most) => {
      const selected: PmModelReader = {
        current: async () => ({
          modelRef,
          nodeSlug: 'n',
          status: 'available',
          executionMode: 'local',
        }),
      };
      let looks = 0;
      const nodes = async () => {
        looks += 1;
        return [{ facts, connection: undefined }];
      };
      const limit = atOnce === undefined ? {} : { atOnce };
      const full = world({ selected, nodes, underWay: most, ...limit });
      await full.dispatcher.dispatch();
      expect([full.limits, full.waiting, looks]).toEqual([[], ['model_answers_others'], 0]);
      const free = world({ selected, underWay: most - 1, ...limit });
      await free.dispatcher.dispatch();
      await free.idle();
      expect([free.limits, free.waiting]).toEqual([[2], []]);
    },
  );

  it("lets go of a prompt whose lease is somebody else's, and stores nothing", async () => {
    const { dispatcher, held, ended, log, idle, calls } = world({
      generate: untilEnded,
      renewal: { lost: ['a', 'unknown'], leaseMs: 3000 },
    });
    await dispatcher.dispatch();
    await expect.poll(() => calls.length).toBe(1);
    await held.renew();
    await idle();
    expect(ended).toEqual([]);
    expect(held.renewMs).toBe(1000);
    expect(log.lines.some(({ message }) => message === 'the lease of a prompt is gone')).toBe(true);
  });

  it('ends a call when a renewal finds its job canceled', async () => {
    const { dispatcher, held, ended, back, idle, calls } = world({
      generate: untilEnded,
      renewal: { canceled: ['a'] },
    });
    await dispatcher.dispatch();
    await expect.poll(() => calls.length).toBe(1);
    await held.renew();
    await idle();
    expect([ended, back]).toEqual([[], []]);
  });

  it('makes no call when it was frozen since its claim', async () => {
    const { dispatcher, calls, back, due, idle } = world({ readingMs: 31_000 });
    await dispatcher.dispatch();
    await idle();
    expect(calls).toEqual([]);
    expect(back).toEqual([{ jobId: 'a', reason: 'the lease was too old to call the model' }]);
    expect(due).toEqual([0]);
  });

  it('asks another node at once when one cannot be reached, and pauses when there is no other', async () => {
    const mute: ModelAnswer = {
      kind: 'not_taken',
      message: 'refused',
      reason: 'down',
      isUnreachable: true,
    };
    const second = { ...facts, nodeId: 'n2', slug: 'n2' };
    const nodes = async () =>
      [facts, second].map((one) => ({
        facts: one,
        connection: { nodeId: one.nodeId, slug: one.slug, url: `http://${one.slug}`, token: 't' },
      }));
    const { dispatcher, due, calls, idle, queued } = world({ generate: async () => mute, nodes });
    await dispatcher.dispatch();
    await idle();
    queued.push('a');
    await dispatcher.dispatch();
    await idle();
    expect(calls.map(([endpoint]) => endpoint.baseUrl)).toEqual([
      'http://n/relay',
      'http://n2/relay',
    ]);
    expect(due[0]).toBe(0);
    expect(due[1]).toBeGreaterThan(1000);
  });

  it('puts a prompt back when the relay is full', async () => {
    const busy: ModelAnswer = {
      kind: 'not_taken',
      message: 'full',
      reason: 'busy',
      isUnreachable: false,
    };
    const { dispatcher, back, due, ended, idle } = world({ generate: async () => busy });
    await dispatcher.dispatch();
    await idle();
    expect(back).toEqual([{ jobId: 'a', reason: 'full' }]);
    expect(due[0]).toBeGreaterThan(1000);
    expect(ended).toEqual([]);
  });

  it('gives back what is under way at shutdown', async () => {
    const { dispatcher, held, back, calls } = world({ jobs: ['a', 'b'], generate: untilEnded });
    await dispatcher.dispatch();
    await expect.poll(() => calls.length).toBe(2);
    held.close();
    await dispatcher.drain(0);
    expect(back.map(({ jobId }) => jobId)).toEqual(['a', 'b']);
  });

  it('leaves them to their leases when the database is away as well', async () => {
    const { dispatcher, log, calls } = world({ generate: untilEnded, isStorageAway: true });
    await dispatcher.dispatch();
    await expect.poll(() => calls.length).toBe(1);
    await dispatcher.drain(0);
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', fields: { error: 'away' } });
  });

  it('logs what goes wrong within itself and frees the place', async () => {
    const { dispatcher, log, idle } = world({
      generate: () => Promise.reject(new Error('a defect')),
    });
    await dispatcher.dispatch();
    await idle();
    expect(log.lines.find(({ level }) => level === 'error')).toMatchObject({
      message: 'a prompt could not be brought to its end',
      fields: { error: 'a defect' },
    });
  });
});
