import type { TaskStatus } from '@cynodeai/contracts/gateway';
import { describe, expect, it } from 'vitest';
import { GatewayError } from './gateway-error.ts';
import { type PollQuestion, FailureTolerance, pauseFor, pollTask } from './poll-task.ts';

/** A scripted server on a clock of its own. */
class Script {
  readonly questions: PollQuestion[] = [];
  readonly pauses: number[] = [];
  readonly statuses: TaskStatus[] = [];
  now = 0;
  readonly #steps: (TaskStatus | Error | { readonly held: TaskStatus })[];

  constructor(...steps: (TaskStatus | Error | { readonly held: TaskStatus })[]) {
    this.#steps = steps;
  }

  run(signal?: AbortSignal): Promise<{ readonly status: TaskStatus }> {
    return pollTask(
      async (question) => {
        this.questions.push(question);
        const step = this.#steps.shift() ?? 'completed';
        if (step instanceof Error) throw step;
        if (typeof step === 'string') return { status: step };
        this.now += question.waitSeconds * 1000;
        return { status: step.held };
      },
      {
        nowMs: () => this.now,
        pause: async (ms) => void this.pauses.push(ms),
        onStatus: (status) => void this.statuses.push(status),
        ...(signal && { signal }),
      },
    );
  }
}

const down = (seconds?: number): GatewayError =>
  new GatewayError('gateway', 'down', {
    status: 503,
    ...(seconds !== undefined && { retryAfterSeconds: seconds }),
  });

describe('pollTask', () => {
  it('keeps 2 s between answers that come early and none after a held one', async () => {
    const script = new Script('queued', { held: 'queued' }, { held: 'running' }, 'running');
    await expect(script.run()).resolves.toEqual({ status: 'completed' });
    expect(script.pauses).toEqual([2000, 2000]);
    expect(script.questions[0]).toEqual({ waitSeconds: 30, timeoutMs: 40_000 });
    expect(script.statuses).toEqual(['queued', 'running', 'completed']);
  });

  it.each(['completed', 'failed', 'canceled', 'superseded'] as const)(
    'ends at %s',
    async (status) => {
      const script = new Script(status);
      await expect(script.run()).resolves.toEqual({ status });
      expect(script.questions).toHaveLength(1);
    },
  );

  it('tolerates three failures in a row, again and again, and waits as told up to 30 s', async () => {
    const script = new Script(down(1), down(600), down(), 'running', down(), down(), down());
    await script.run();
    expect(script.pauses).toEqual([1000, 30_000, 2000, 2000, 2000, 2000, 2000]);
  });

  it('gives up at the fourth failure in a row with the failure itself', async () => {
    const last = down();
    await expect(new Script(down(), down(), down(), last).run()).rejects.toBe(last);
  });

  it('does not tolerate a refusal or a defect', async () => {
    const refusal = new GatewayError('not_found', 'no such task', { status: 404 });
    await expect(new Script(refusal).run()).rejects.toBe(refusal);
    const defect = new TypeError('bug');
    await expect(new Script(defect).run()).rejects.toBe(defect);
  });

  it('stops with the reason of the signal', async () => {
    const stop = new AbortController();
    const reason = new Error('interrupted');
    stop.abort(reason);
    await expect(new Script().run(stop.signal)).rejects.toBe(reason);
  });
});

describe('pauseFor', () => {
  it('ends at once with the reason of the signal', async () => {
    const stop = new AbortController();
    const reason = new Error('interrupted');
    const pausing = pauseFor(60_000, stop.signal);
    stop.abort(reason);
    await expect(pausing).rejects.toBe(reason);
    await expect(pauseFor(0)).resolves.toBeUndefined();
  });
});

describe('FailureTolerance', () => {
  it('starts over after a success', () => {
    const tolerance = new FailureTolerance();
    for (let round = 0; round < 3; round += 1) {
      for (let failure = 0; failure < 3; failure += 1) tolerance.tolerate(down());
      tolerance.reset();
    }
    for (let failure = 0; failure < 3; failure += 1) tolerance.tolerate(down());
    expect(() => tolerance.tolerate(down())).toThrow('down');
  });
});
