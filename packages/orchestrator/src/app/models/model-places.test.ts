import { describe, expect, it } from 'vitest';
import { ModelPlaces } from './model-places.ts';

const never = new AbortController().signal;

describe('places at the model', () => {
  it('are as many as it takes at once; others follow in their order', async () => {
    const places = new ModelPlaces();
    const order: string[] = [];
    const enter = async (name: string, most = 2): Promise<void> => {
      if (await places.enter(most, never)) order.push(name);
    };
    await Promise.all([enter('a'), enter('b')]);
    const waiting = [enter('c'), enter('d'), enter('e')];
    places.leave();
    await waiting[0];
    expect(order).toEqual(['a', 'b', 'c']);
    places.leave();
    places.leave();
    await Promise.all(waiting);
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('are not had by whoever gives up, before or while they wait', async () => {
    const places = new ModelPlaces();
    expect(await places.enter(1, AbortSignal.abort())).toBe(false);
    expect(await places.enter(1, never)).toBe(true);
    const stop = new AbortController();
    const impatient = places.enter(1, stop.signal);
    const patient = places.enter(1, never);
    stop.abort();
    expect(await impatient).toBe(false);
    places.leave();
    expect(await patient).toBe(true);
    places.leave();
    expect(await places.enter(1, never)).toBe(true);
  });

  it('let the next in when one that wanted fewer at once gives up before it', async () => {
    const places = new ModelPlaces();
    await places.enter(2, never);
    const stop = new AbortController();
    const alone = places.enter(1, stop.signal);
    const other = places.enter(2, never);
    stop.abort();
    expect([await alone, await other]).toEqual([false, true]);
  });

  it('keep a place that was given just before its holder gave up', async () => {
    const places = new ModelPlaces();
    await places.enter(1, never);
    const stop = new AbortController();
    const late = places.enter(1, stop.signal);
    places.leave();
    stop.abort();
    expect(await late).toBe(true);
  });

  it('are refused where too many wait already', async () => {
    const places = new ModelPlaces();
    await places.enter(1, never);
    const stop = new AbortController();
    const waiting = Array.from({ length: 64 }, () => places.enter(1, stop.signal));
    expect(await places.enter(1, never)).toBe(false);
    stop.abort();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([false]));
  });
});
