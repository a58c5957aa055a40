import { silentLog } from '@cynodeai/runtime/observe';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Space } from '../../domain/disk/bounds.ts';
import type { Measured } from '../../domain/disk/judge.ts';
import type { DiskGauge, DiskReserve } from '../../ports/disk.ts';
import { DiskGuard, type Watch } from './disk-guard.ts';

const mib = 1024 ** 2;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A disk on which jobs write as told, and the time that goes while nobody looks. */
class Scene implements DiskGauge, DiskReserve {
  totalBytes = 1000 * mib;
  totalFiles = 100_000;
  /** What others have. */
  others = 100 * mib;
  readonly jobs = new Map<string, Measured>();
  readonly measured: string[] = [];
  readonly ended: string[] = [];
  held = false;
  nowMs = 0;
  measureMs = 1;
  broken = false;
  /** No more steps come: every job is over. */
  over = false;
  /** Happens between two looks. */
  readonly steps: (() => void)[] = [];

  get #taken(): { readonly bytes: number; readonly files: number } {
    const all = [...this.jobs.values()];
    const bytes = all.reduce((sum, job) => sum + job.bytes, this.others);
    return { bytes, files: all.reduce((sum, job) => sum + job.files, 0) };
  }

  async spaces(): Promise<readonly Space[]> {
    if (this.broken) throw new Error('no such disk');
    const { totalBytes, totalFiles } = this;
    const { bytes, files } = this.#taken;
    return [
      { totalBytes, totalFiles, freeBytes: totalBytes - bytes, freeFiles: totalFiles - files },
    ];
  }

  async measure({ folders: [folder = '', layer] }: { readonly folders: readonly string[] }) {
    this.measured.push(layer === undefined ? folder : `${folder}+${layer}`);
    this.nowMs += this.measureMs;
    return this.jobs.get(folder) ?? { bytes: 0, files: 0, hidden: false };
  }

  release(): void {
    this.held = false;
  }

  async restore(): Promise<boolean> {
    this.held = (await this.spaces()).every(({ freeBytes }) => freeBytes > 100 * mib);
    return this.held;
  }

  guard(jobMb?: number): DiskGuard {
    return new DiskGuard({
      gauge: this,
      reserve: this,
      places: ['/'],
      wish: { maxConcurrency: 3, ...(jobMb !== undefined && { jobMb }) },
      timer: {
        sleep: async (ms) => {
          this.nowMs += ms;
          while (this.steps.length === 0 && !this.over) await turn();
          const step = this.steps.shift();
          if (step === undefined) for (const close of this.#open) close();
          else step();
          await turn();
        },
        elapsedMs: () => this.nowMs,
        random: () => 0,
      },
      log: silentLog,
    });
  }

  readonly #open: (() => void)[] = [];

  async watch(guard: DiskGuard, name: string, layer?: string): Promise<Watch> {
    const watch = await guard.watch({
      jobId: name,
      folders: [name],
      trace: async () => {
        if (layer === 'lost') throw new Error('gone');
        return { layer };
      },
      end: () => this.ended.push(name),
    });
    this.#open.push(() => watch.close());
    return watch;
  }

  has(name: string, mb: number, files = 10, hidden = false): () => void {
    return () => void this.jobs.set(name, { bytes: mb * mib, files, hidden });
  }
}

let scene: Scene;
beforeEach(() => (scene = new Scene()));

/** Plays the steps to their end. */
async function play(...steps: readonly (() => void)[]): Promise<void> {
  scene.steps.push(...steps);
  scene.over = true;
  while (scene.steps.length > 0) await turn();
  for (let count = 0; count < 20; count += 1) await turn();
}

describe('the watch over the disk', () => {
  it('measures nobody while little is taken', async () => {
    const guard = scene.guard();
    await scene.watch(guard, 'a');
    await play(scene.has('a', 10), scene.has('a', 20), scene.has('a', 40));
    expect(scene.measured).toEqual([]);
    expect(scene.ended).toEqual([]);
  });

  it('measures a job and its layer once it could be beyond its bound, and ends it when it is', async () => {
    const guard = scene.guard(100);
    const watch = await scene.watch(guard, 'a', '/layer');
    await play(scene.has('a', 60), scene.has('a', 80), scene.has('a', 101), () => {});
    expect(new Set(scene.measured)).toEqual(new Set(['a+/layer']));
    expect(scene.ended).toEqual(['a']);
    expect(watch.ended?.kind).toBe('disk_limit');
    expect(scene.measured.length).toBeLessThan(5);
  });

  it('ends one with too many files', async () => {
    const guard = scene.guard();
    const watch = await scene.watch(guard, 'a');
    await play(scene.has('a', 1, 12_000), scene.has('a', 1, 30_000), () => {});
    expect(watch.ended?.words).toContain('30000 files');
  });

  it('ends who has most when the disk is nearly full, gives the reserve back, and takes it again', async () => {
    const guard = scene.guard(5000);
    await guard.tidy();
    expect(scene.held).toBe(true);
    const held: boolean[] = [];
    const [small, large] = [await scene.watch(guard, 'small'), await scene.watch(guard, 'large')];
    await play(
      () => {
        scene.has('small', 200)();
        scene.has('large', 690)();
      },
      () => held.push(scene.held),
      () => {},
      () => {
        scene.jobs.delete('large');
        large.close();
      },
      () => {},
    );
    expect(held).toEqual([false]);
    expect(scene.ended).toEqual(['large']);
    expect(large.ended?.kind).toBe('disk_full');
    expect(small.ended).toBeUndefined();
    expect(scene.held).toBe(true);
  });

  it('ends the next one when the first does not go', async () => {
    const guard = scene.guard(5000);
    await scene.watch(guard, 'a');
    await scene.watch(guard, 'b');
    const wait = Array.from({ length: 600 }, () => () => {});
    await play(
      () => {
        scene.has('a', 500)();
        scene.has('b', 390)();
      },
      ...wait,
    );
    expect(scene.ended).toEqual(['a', 'b']);
  });

  it('ends nobody for what others take, and looks again only when more was taken', async () => {
    const guard = scene.guard();
    await scene.watch(guard, 'a', 'lost');
    const wait = Array.from({ length: 50 }, () => () => {});
    await play(() => (scene.others = 995 * mib), ...wait);
    expect(scene.ended).toEqual([]);
    expect(scene.measured).toEqual(['a']);
    await expect(guard.admit()).rejects.toMatchObject({ code: 'not_run' });
    scene.others = 10 * mib;
    await guard.admit();
  });

  it('measures now and then what hides behind what others give back, and never all the time', async () => {
    const guard = scene.guard(100);
    scene.others = 800 * mib;
    scene.measureMs = 3000;
    const watch = await scene.watch(guard, 'a');
    const step = (): void => {
      // As much as the job takes others give back.
      scene.others -= 10 * mib;
      scene.has('a', (800 * mib - scene.others) / mib)();
    };
    const wait = Array.from({ length: 120 }, () => () => void (scene.nowMs += 1000));
    await play(...Array.from({ length: 12 }, () => step), ...wait);
    expect(watch.ended?.kind).toBe('disk_limit');
    expect(scene.measured.length).toBeLessThanOrEqual(3);
  });

  it('goes on when the disk cannot be looked at for a while', async () => {
    const guard = scene.guard(100);
    const watch = await scene.watch(guard, 'a');
    await play(
      () => (scene.broken = true),
      () => {},
      () => (scene.broken = false),
      scene.has('a', 200),
      () => {},
    );
    expect(watch.ended?.kind).toBe('disk_limit');
  });
});
