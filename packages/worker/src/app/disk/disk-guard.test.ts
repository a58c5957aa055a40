import { silentLog } from '@cynodeai/runtime/observe';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Disk } from '../../domain/disk/bounds.ts';
import type { Measured } from '../../domain/disk/judge.ts';
import type { DiskGauge, DiskReserve } from '../../ports/disk.ts';
import { DiskGuard } from './disk-guard.ts';
import type { Watch } from './watched-job.ts';

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
  /** The reserve is being filled until then. */
  filling: Promise<void> | undefined;
  nowMs = 0;
  measureMs = 1;
  broken = false;
  /** No more steps come: every job is over. */
  over = false;
  /** Happens between two looks. */
  readonly steps: (() => void)[] = [];

  /** The second disk, and the jobs that write on it; without any there is none. */
  readonly second = { device: 2, others: 0, jobs: new Set<string>() };
  /** A measurement of these never ends. */
  readonly hung = new Set<string>();

  #disk(device: number, others: number, names: readonly string[]): Disk {
    const { totalBytes, totalFiles } = this;
    const all = names.map((name) => this.jobs.get(name));
    const bytes = all.reduce((sum, job) => sum + (job?.bytes ?? 0), others);
    const files = all.reduce((sum, job) => sum + (job?.files ?? 0), 0);
    const free = { freeBytes: totalBytes - bytes, freeFiles: totalFiles - files };
    return { device, totalBytes, totalFiles, ...free };
  }

  async spaces(folders: readonly string[]): Promise<readonly Disk[]> {
    if (this.broken) throw new Error('no such disk');
    const { device, others, jobs } = this.second;
    const here = [...this.jobs.keys()].filter((name) => !jobs.has(name));
    const first = this.#disk(1, this.others, here);
    if (jobs.size === 0) return [first];
    const second = this.#disk(device, others, [...jobs]);
    const isAll = folders.includes('/');
    return [first, second].filter(
      (disk) => isAll || jobs.has(folders[0] ?? '') === (disk === second),
    );
  }

  async measure({ folders: [folder = ''], layer }: Parameters<DiskGauge['measure']>[0]) {
    this.measured.push(layer === undefined ? folder : `${folder}+${layer}`);
    this.nowMs += this.measureMs;
    if (this.hung.has(folder)) await new Promise(() => {});
    const found = this.jobs.get(folder) ?? { bytes: 0, files: 0, hidden: false };
    return new Map([[this.second.jobs.has(folder) ? 2 : 1, found]]);
  }

  release(): void {
    this.held = false;
  }

  async restore(): Promise<boolean> {
    if (this.filling !== undefined) await this.filling;
    this.held = (await this.spaces(['/'])).every(({ freeBytes }) => freeBytes > 100 * mib);
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
          // What goes on beside the looks and takes no time is over by the next one.
          await turn();
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
      layersDir: undefined,
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

const idle = (count: number): (() => void)[] => Array.from({ length: count }, () => () => {});

describe('the watch over the disk', () => {
  it('never waits for a measurement that does not end', async () => {
    const guard = scene.guard(100);
    await scene.watch(guard, 'slow');
    scene.hung.add('slow');
    await play(scene.has('slow', 90), () => {});
    scene.over = false;
    const watch = await scene.watch(guard, 'b');
    await play(scene.has('b', 90), scene.has('b', 150), ...idle(3));
    expect(watch.ended?.kind).toBe('disk_limit');
    expect(scene.measured.filter((name) => name === 'slow')).toHaveLength(1);
  });

  it('never waits for the reserve, and takes it once more when it was given back meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    scene.filling = promise;
    const guard = scene.guard(100);
    const watch = await scene.watch(guard, 'a');
    await play(
      () => {},
      scene.has('a', 150),
      () => {},
      () => guard.makeRoom(),
      () => {},
      () => resolve(),
    );
    expect(watch.ended?.kind).toBe('disk_limit');
    await guard.tidy();
    expect(scene.held).toBe(true);
  });

  it('ends nobody while what a job left is still being removed, and then only who is to blame', async () => {
    const guard = scene.guard(5000);
    const [hog, small] = [await scene.watch(guard, 'hog'), await scene.watch(guard, 'small')];
    await play(
      () => {
        hog.over();
        scene.has('hog', 700)();
        scene.has('small', 190)();
      },
      ...idle(300),
      () => {
        scene.jobs.delete('hog');
        hog.close();
      },
      ...idle(20),
    );
    expect(scene.ended).toEqual([]);
    expect([hog.ended, small.ended]).toEqual([undefined, undefined]);
  });

  it.each([
    ['the disk it does not write on is filled by others', () => (scene.second.others = 990 * mib)],
    ['the disk it does not write on is filled by a job', () => scene.has('far', 960)()],
  ])('ends no job because %s', async (_why, fill) => {
    const guard = scene.guard(5000);
    scene.second.jobs.add('far');
    const [near, far] = [await scene.watch(guard, 'near'), await scene.watch(guard, 'far')];
    await play(scene.has('near', 700), fill, ...idle(5));
    expect(near.ended).toBeUndefined();
    expect(far.ended?.kind).toBe(scene.jobs.has('far') ? 'disk_full' : undefined);
  });

  it('ends who has most of the disk that is full, not who has most', async () => {
    const guard = scene.guard(5000);
    scene.second.jobs.add('far');
    const names = ['one', 'two', 'far'];
    for (const name of names) await scene.watch(guard, name);
    await play(scene.has('far', 800), scene.has('one', 500), scene.has('two', 390), ...idle(5));
    expect(scene.ended).toEqual(['one']);
  });

  it('bounds a job by the disks it writes on', async () => {
    const guard = scene.guard();
    scene.second.jobs.add('far');
    scene.second.others = 900 * mib;
    const near = await scene.watch(guard, 'near');
    await play(scene.has('near', 150), ...idle(3));
    expect(near.ended).toBeUndefined();
  });

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
