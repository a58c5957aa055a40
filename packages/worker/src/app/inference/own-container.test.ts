import { beforeEach, describe, expect, it } from 'vitest';
import { FakeTime } from '../../../test/node/support/fake-time.ts';
import { RecordingLog } from '../../../test/node/support/recording-log.ts';
import { FakeInferenceEngine } from '../../../test/support/fake-inference-engine.ts';
import { fingerprint, inferenceContainer } from '../../domain/inference/container.ts';
import type { BackendLook, ModelBackend } from '../../ports/inference.ts';
import { OwnContainer, removeOwnContainers } from './own-container.ts';

const made = inferenceContainer({
  order: { image: 'x:1' },
  settings: {
    port: 11_434,
    bindAddress: '127.0.0.1',
    containerName: 'c',
    allowGpu: true,
  },
  nodeSlug: 'a',
  gpus: [],
});
if (made === undefined) throw new Error('no container');
const container = made;
const crashed = { exitCode: 3, lastWords: 'no memory' };

describe("the node's own inference container", () => {
  let engine: FakeInferenceEngine;
  let time: FakeTime;
  let log: RecordingLog;
  let looks: BackendLook[];
  let own: OwnContainer;
  let stop: AbortController;

  /** What the backend says, one look after the other; the last one stays. */
  const backend = (): ModelBackend => ({
    look: async () => (looks.length > 1 ? looks.shift() : looks[0]) ?? 'absent',
    asksCloud: async () => undefined,
    inventory: async () => [],
    abilities: async () => 'unsaid',
    pull: async () => {},
  });

  beforeEach(() => {
    engine = new FakeInferenceEngine();
    engine.blocked = undefined;
    time = new FakeTime(60_000);
    log = new RecordingLog();
    looks = ['answers'];
    stop = new AbortController();
    own = new OwnContainer({
      container,
      nodeSlug: 'a',
      engine,
      backend: backend(),
      timer: time,
      log,
    });
  });

  it('is started and waited for until it answers, slow or not', async () => {
    looks = ['absent', 'slow', 'absent', 'answers'];
    await own.start(stop.signal);
    expect(engine.started).toEqual([container]);
    expect(time.slept).toEqual([250, 250, 250]);
  });

  it('has failed when it does not answer within 120 s', async () => {
    looks = ['absent'];
    await expect(own.start(stop.signal)).rejects.toMatchObject({
      code: 'inference_start_failed',
      message: expect.stringContaining('did not answer within 120 s'),
    });
    expect(time.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(120_000);
  });

  it('has failed when it ends while it is waited for, or when somebody else answers in its place', async () => {
    for (const look of ['absent', 'answers'] as const) {
      looks = [look];
      engine.onStart = async () => {
        engine.end(crashed);
      };
      await expect(own.start(stop.signal)).rejects.toThrow(
        'did not start: the container ended with exit code 3: no memory',
      );
    }
    engine.onStart = async () => {
      engine.end({ exitCode: undefined, lastWords: '' });
    };
    await expect(own.start(stop.signal)).rejects.toThrow(/did not start: the container ended$/);
  });

  it('has failed, with the fix, where no port can be published', async () => {
    engine.blocked = 'install netavark';
    await expect(own.start(stop.signal)).rejects.toThrow('install netavark');
    expect(engine.started).toEqual([]);
  });

  it.each([
    ['serves the same way and answers', {}, 'answers', 0],
    ['serves otherwise', { fingerprint: 'other' }, 'answers', 1],
    ['has another name', { name: 'd' }, 'answers', 1],
    ['has ended', { running: false }, 'answers', 1],
    ['does not answer', {}, 'absent', 1],
  ] as const)('of an earlier run that %s', async (_how, change, first, starts) => {
    const found = { name: 'c', running: true, fingerprint: fingerprint(container), ...change };
    engine.leave('a', found);
    looks = [first, 'answers'];
    await own.start(stop.signal);
    expect(engine.started).toHaveLength(starts);
    expect(engine.found.map(({ name }) => name)).toEqual(['c']);
  });

  it('stops waiting when the node is told to stop', async () => {
    looks = ['absent'];
    engine.onStart = async () => stop.abort(new Error('told to stop'));
    await expect(own.start(stop.signal)).rejects.toThrow('told to stop');
  });

  it('is started again with a pause that grows from 1 s to 60 s, and falls back once it has held', async () => {
    time = new FakeTime(60_000);
    own = new OwnContainer({
      container,
      nodeSlug: 'a',
      engine,
      backend: backend(),
      timer: time,
      log,
    });
    await own.start(stop.signal);
    const recover = async (): Promise<void> => {
      engine.end(crashed);
      await own.recover(stop.signal);
    };
    for (let round = 1; round <= 8; round += 1) await recover();
    expect(time.slept).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(engine.started).toHaveLength(9);
    time.advance(120_000);
    await recover();
    expect(time.slept.at(-1)).toBe(1000);
    await own.recover(stop.signal);
    expect(engine.started).toHaveLength(10);
  });

  it('is tried again when it cannot be started again', async () => {
    await own.start(stop.signal);
    engine.onStart = async () => {
      throw new Error('the port is taken');
    };
    engine.end(crashed);
    await own.recover(stop.signal);
    expect(log.text()).toContain('the port is taken');
    engine.onStart = async () => {};
    await own.recover(stop.signal);
    expect(await engine.ended('c')).toBeUndefined();
  });

  it('is not started again by a node that stops', async () => {
    await own.start(stop.signal);
    engine.end(crashed);
    stop.abort();
    await own.recover(stop.signal);
    expect(engine.started).toHaveLength(1);
    engine.ended = () => Promise.reject(new Error('gone'));
    await own.recover(stop.signal);
    expect(log.text()).not.toContain('gone');
  });

  it('is removed by name', async () => {
    await own.start(stop.signal);
    expect(await removeOwnContainers(engine, 'a', 1)).toEqual(['c']);
    expect(await removeOwnContainers(engine, 'a', 1)).toEqual([]);
  });
});
