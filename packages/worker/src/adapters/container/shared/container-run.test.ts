import { silentLog } from '@cynodeai/runtime/observe';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WorkerError } from '../../../domain/errors.ts';
import { ContainerRun } from './container-run.ts';
import type { ContainerEnd, EngineContainer, RunHooks } from './engine-container.ts';

/** A container that does what the test says; it notes what its run asks of it. */
class ScriptedContainer implements EngineContainer {
  readonly asked: string[] = [];
  readonly ended = Promise.withResolvers<ContainerEnd>();
  hooks: RunHooks | undefined;
  /** Whether the first process is there to be signalled. */
  alive = true;
  removal: () => Promise<void> = async () => {};
  /** Whether the engine removed it when it ended. */
  gone: boolean | 'unknown' = true;
  /** What happens on a signal. */
  onSignal: (signal: string) => void = () => {};

  run(_sinks: unknown, hooks: RunHooks): Promise<ContainerEnd> {
    this.hooks = hooks;
    return this.ended.promise;
  }

  async signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
    this.asked.push(signal);
    if (this.alive) this.onSignal(signal);
    return this.alive;
  }

  async trace() {
    return {};
  }

  async isGone(): Promise<boolean> {
    if (this.gone === 'unknown') throw new Error('the engine does not answer');
    return this.gone;
  }

  remove(): Promise<void> {
    this.asked.push('remove');
    return this.removal();
  }

  release(): void {
    this.asked.push('release');
    const error = new WorkerError('internal', 'let go');
    this.ended.resolve({ kind: 'fault', error, words: 'let go' });
  }

  forget(): void {}

  start(): void {
    this.hooks?.started(new Date());
  }
}

const sink = { write: () => {} };

function begin(): { readonly container: ScriptedContainer; readonly run: ContainerRun } {
  const container = new ScriptedContainer();
  const spec = { name: 'c1', timeoutSeconds: 60 };
  const deps = { container, spec, log: silentLog };
  return { container, run: new ContainerRun(deps, { stdout: sink, stderr: sink }) };
}

const exited = (exitCode: number): ContainerEnd => ({ kind: 'exited', exitCode });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the run of a container', () => {
  it('that ends by itself is not touched', async () => {
    const { container, run } = begin();
    container.start();
    container.ended.resolve(exited(7));
    expect(await run.done).toMatchObject({ kind: 'exited', exitCode: 7 });
    expect(container.asked).toStrictEqual([]);
  });

  it('that its engine did not remove is removed, and its end counts also where that fails', async () => {
    const removals = [async () => {}, () => Promise.reject(new Error('still there'))];
    const cases = [false, 'unknown'].flatMap((gone) =>
      removals.map((removal) => ({ gone, removal })),
    );
    for (const one of cases) {
      const { container, run } = begin();
      Object.assign(container, one);
      container.start();
      container.ended.resolve(exited(7));
      expect(await run.done).toMatchObject({ kind: 'exited', exitCode: 7 });
      expect(container.asked).toStrictEqual(['remove']);
    }
  });

  it.each([3_600_000, -3_600_000])(
    'does not mind a clock that is set by %i ms while it runs',
    async (step) => {
      const { container, run } = begin();
      container.start();
      await vi.advanceTimersByTimeAsync(30_000);
      vi.setSystemTime(Date.now() + step);
      await vi.advanceTimersByTimeAsync(29_000);
      expect(container.asked).toStrictEqual([]);
      container.ended.resolve(exited(0));
      const exit = await run.done;
      expect(exit).toMatchObject({ kind: 'exited', exitCode: 0 });
      expect(exit.endedAt.getTime() - exit.startedAt.getTime()).toBe(59_000);
    },
  );

  it.each([3_600_000, -3_600_000])(
    'keeps limit and grace beside a clock that is set by %i ms',
    async (step) => {
      const { container, run } = begin();
      const before = new Date();
      vi.setSystemTime(Date.now() + step);
      container.hooks?.started(before);
      container.onSignal = (signal) => {
        if (signal === 'SIGKILL') container.ended.resolve(exited(137));
      };
      await vi.advanceTimersByTimeAsync(59_000);
      expect(container.asked).toStrictEqual([]);
      await vi.advanceTimersByTimeAsync(1000);
      vi.setSystemTime(Date.now() - step);
      await vi.advanceTimersByTimeAsync(4999);
      expect(container.asked).toStrictEqual(['SIGTERM']);
      await vi.advanceTimersByTimeAsync(1);
      expect(await run.done).toMatchObject({ kind: 'timed_out' });
    },
  );

  it('is terminated at its limit, and killed after the grace', async () => {
    const { container, run } = begin();
    container.start();
    container.onSignal = (signal) => {
      if (signal === 'SIGKILL') container.ended.resolve(exited(137));
    };
    await vi.advanceTimersByTimeAsync(59_999);
    expect(container.asked).toStrictEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(container.asked).toStrictEqual(['SIGTERM']);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await run.done).toMatchObject({ kind: 'timed_out' });
    expect(container.asked).toStrictEqual(['SIGTERM', 'SIGKILL', 'remove']);
  });

  it('is asked again when it was too young to listen', async () => {
    const { container, run } = begin();
    container.start();
    run.end('stopped', 10_000);
    await vi.advanceTimersByTimeAsync(500);
    expect(container.asked).toStrictEqual(['SIGTERM', 'SIGTERM']);
    container.ended.resolve(exited(143));
    expect(await run.done).toMatchObject({ kind: 'stopped', exitCode: 143 });
  });

  it('that ended by itself before the signal came keeps its own end', async () => {
    const { container, run } = begin();
    container.start();
    container.alive = false;
    run.end('stopped', 5000);
    container.ended.resolve(exited(0));
    expect(await run.done).toMatchObject({ kind: 'exited', exitCode: 0 });
  });

  it('that ends while its signal is on the way was stopped', async () => {
    const { container, run } = begin();
    container.start();
    container.onSignal = () => container.ended.resolve(exited(143));
    run.end('stopped', 5000);
    expect(await run.done).toMatchObject({ kind: 'stopped', exitCode: 143 });
  });

  it('that is cancelled while it is created is not wanted, and ended if it starts all the same', async () => {
    const { container, run } = begin();
    expect(container.hooks?.wanted()).toBe(true);
    run.end('stopped', 5000);
    expect(container.hooks?.wanted()).toBe(false);
    container.onSignal = (signal) => {
      if (signal === 'SIGKILL') container.ended.resolve(exited(137));
    };
    await vi.advanceTimersByTimeAsync(2000);
    container.start();
    await vi.advanceTimersByTimeAsync(2999);
    expect(container.asked).toStrictEqual(['SIGTERM', 'SIGTERM']);
    await vi.advanceTimersByTimeAsync(1);
    expect(await run.done).toMatchObject({ kind: 'stopped', exitCode: 137 });
    expect(container.asked).toStrictEqual(['SIGTERM', 'SIGTERM', 'SIGKILL', 'remove']);
  });

  it('that was held back was stopped without an exit code', async () => {
    const { container, run } = begin();
    run.end('stopped', 5000);
    container.ended.resolve({ kind: 'not_wanted' });
    expect(await run.done).toMatchObject({ kind: 'stopped', exitCode: undefined });
    expect(container.asked).toStrictEqual(['remove']);
  });

  it('that never gets to a process is removed by force, and the engine let go', async () => {
    const { container, run } = begin();
    run.end('stopped', 0);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(container.asked).toStrictEqual(['remove']);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await run.done).toMatchObject({ kind: 'stopped', exitCode: undefined });
    expect(container.asked).toStrictEqual(['remove', 'release', 'remove']);
  });

  it('that resists its removal fails with that, and the engine is let go', async () => {
    const { container, run } = begin();
    container.start();
    container.removal = async () => {
      throw new Error('device busy');
    };
    run.end('stopped', 0);
    await vi.advanceTimersByTimeAsync(3001);
    await expect(run.done).rejects.toMatchObject({ code: 'container_resists' });
    expect(container.asked.at(-1)).toBe('release');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('of an engine that fails is removed before the fault is told', async () => {
    const { container, run } = begin();
    const error = new WorkerError('not_run', 'in the way');
    container.ended.resolve({ kind: 'fault', error, words: 'name in use' });
    await expect(run.done).rejects.toBe(error);
    expect(container.asked).toStrictEqual(['remove']);
    expect(run.complaint).toBe('name in use');
  });

  it('that was not started tells why, and keeps the words of the engine apart', async () => {
    const { container, run } = begin();
    const reason = 'the sandbox could not be created';
    container.ended.resolve({ kind: 'not_started', exitCode: 125, reason, words: '/secret' });
    const exit = await run.done;
    expect(exit).toMatchObject({ kind: 'not_started', exitCode: 125, reason });
    expect(JSON.stringify(exit)).not.toContain('secret');
    expect(run.complaint).toBe('/secret');
  });

  it('that lasted beyond its limit without this process was ended by the engine', async () => {
    const { container, run } = begin();
    const at = new Date();
    // It stood still meanwhile: no timer of it has fired.
    const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 71_000);
    onTestFinished(() => now.mockRestore());
    vi.setSystemTime(at.getTime() + 71_000);
    container.hooks?.started(at);
    container.alive = false;
    container.ended.resolve(exited(137));
    expect(await run.done).toMatchObject({ kind: 'timed_out' });
  });
});
