import { describe, expect, it } from 'vitest';
import type { FromRelay } from './relay-messages.ts';
import { RemotePlaces } from './remote-places.ts';

function stage() {
  const told: FromRelay[] = [];
  const places = new RemotePlaces((message) => told.push(message));
  places.limited = true;
  return { told, places };
}

describe('places that another process counts', () => {
  it('are asked for one by one, and given back once', async () => {
    const { told, places } = stage();
    expect(places.tryEnter()).toBe(false);
    const [first, second] = [places.wait(), places.wait()];
    places.answer({ id: 1, admitted: true });
    places.answer({ id: 2, admitted: false });
    expect(await Promise.all([first.admitted, second.admitted])).toEqual([true, false]);
    places.leave();
    places.leave();
    expect(told).toEqual([
      { kind: 'enter', id: 1 },
      { kind: 'enter', id: 2 },
      { kind: 'leave', id: 1 },
    ]);
  });

  it('go back when they come for who has given up meanwhile', async () => {
    const { told, places } = stage();
    const wait = places.wait();
    wait.giveUp();
    wait.giveUp();
    expect(await wait.admitted).toBe(false);
    places.answer({ id: 1, admitted: true });
    expect(told).toEqual([
      { kind: 'enter', id: 1 },
      { kind: 'giveUp', id: 1 },
      { kind: 'leave', id: 1 },
    ]);
  });

  it('are not asked for where there is no limit', () => {
    const { told, places } = stage();
    places.limited = false;
    expect(places.tryEnter()).toBe(true);
    places.leave();
    expect(told).toEqual([]);
  });
});
