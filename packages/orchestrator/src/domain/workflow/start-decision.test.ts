import { describe, expect, it } from 'vitest';
import { type StoredLease, decideStart, maxStalledTakeovers } from './start-decision.ts';

const lease = (more: Partial<StoredLease> = {}): StoredLease => ({
  leaseId: 'lease',
  holderId: 'a',
  runId: 'run',
  idempotencyKey: undefined,
  expiresAt: new Date(0),
  isLive: true,
  ...more,
});
const idle = { hasOpenJobs: false, stalledTakeovers: 0 };
const request = (holderId: string, idempotencyKey?: string) => ({ holderId, idempotencyKey });

describe('who asks for the lease of a task', () => {
  it('gets it where nobody has it, or had it and gave it back', () => {
    const first = { kind: 'take', parentRunId: undefined, isTakeover: false, stalledTakeovers: 0 };
    expect(decideStart(idle, undefined, request('a'))).toEqual(first);
    const free = lease({ holderId: undefined, expiresAt: undefined, isLive: false });
    expect(decideStart(idle, free, request('b'))).toEqual({ ...first, parentRunId: 'run' });
  });

  it('is told again of its own, by its name or by its key', () => {
    const own = lease({ idempotencyKey: 'k' });
    for (const again of [request('a'), request('a', 'x'), request('b', 'k')]) {
      expect(decideStart(idle, own, again)).toEqual({ kind: 'again', lease: own });
    }
  });

  it("does not get another's while it lives, also without any key", () => {
    const held = { kind: 'held', until: new Date(0) };
    expect(decideStart(idle, lease(), request('b'))).toEqual(held);
    expect(decideStart(idle, lease({ idempotencyKey: 'k' }), request('b', 'x'))).toEqual(held);
  });

  it('takes one that is over, which counts as long as no job of the task is open', () => {
    const over = lease({ isLive: false });
    const taken = { kind: 'take', parentRunId: 'run', isTakeover: true };
    expect(decideStart({ ...idle, stalledTakeovers: 2 }, over, request('b'))).toEqual({
      ...taken,
      stalledTakeovers: 3,
    });
    const waiting = { hasOpenJobs: true, stalledTakeovers: maxStalledTakeovers };
    expect(decideStart(waiting, over, request('b'))).toEqual({
      ...taken,
      stalledTakeovers: maxStalledTakeovers,
    });
  });

  it('finds it stuck at the fifth in a row', () => {
    const over = lease({ isLive: false });
    const kinds = [0, 1, 2, 3, 4].map(
      (stalledTakeovers) => decideStart({ ...idle, stalledTakeovers }, over, request('b')).kind,
    );
    expect(kinds).toEqual(['take', 'take', 'take', 'take', 'stuck']);
  });
});
