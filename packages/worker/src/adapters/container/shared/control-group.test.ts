import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  boundFeatures,
  containerGroup,
  controlGroupOf,
  groupFiles,
  type GroupPlace,
  lookAtCeiling,
  openCeiling,
  removeControlGroup,
} from './control-group.ts';

const isRoot = process.getuid?.() === 0;
const wish = { memoryMb: 100, processes: 500, maxConcurrency: 4 };
const ceiling = { memoryMb: 100, memoryMbPerJob: 64, processes: 500, processesPerJob: 100 };
let root: string;
let place: GroupPlace;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cynode-groups-'));
  await mkdir(join(root, 'memory'));
  await mkdir(join(root, 'pids'));
  place = { stateDir: '/s', cgroupVersion: 'v1', manager: 'cgroupfs', rootless: false, root };
});
afterEach(() => rm(root, { recursive: true }));

const group = controlGroupOf('/s');
const limits = (version: GroupPlace['cgroupVersion']) =>
  groupFiles({ ...place, cgroupVersion: version }, ceiling).map(
    ({ dir, file, value }) => `${join(dir, file).slice(root.length)} ${value}`,
  );

describe('the control group of a node', () => {
  it('has its limits where each version keeps them', () => {
    const v1 = [
      `/memory/${group}/memory.limit_in_bytes 104857600`,
      `/memory/${group}/memory.memsw.limit_in_bytes 104857600`,
      `/pids/${group}/pids.max 500`,
    ];
    expect(limits('v1')).toStrictEqual(v1);
    expect(limits('hybrid')).toStrictEqual(v1);
    expect(limits('v2')).toStrictEqual([
      '/cgroup.subtree_control +memory +pids',
      `/${group}/memory.max 104857600`,
      `/${group}/memory.swap.max 0`,
      `/${group}/pids.max 500`,
    ]);
  });

  it('is made by root, told as it is, and given back', async () => {
    if (!isRoot) return;
    expect(await lookAtCeiling(place, wish)).toStrictEqual({ kind: 'set', ...ceiling });
    expect(existsSync(join(root, 'pids', group))).toBe(false);
    const made = await openCeiling(place, wish);
    expect(made).toStrictEqual({ kind: 'set', ...ceiling });
    expect(await readFile(join(root, 'pids', group, 'pids.max'), 'utf8')).toBe('500');
    const other = { ...wish, memoryMb: 7, processes: 9 };
    expect(await lookAtCeiling(place, other)).toMatchObject({ memoryMb: 100, processes: 500 });
    expect(containerGroup('/s', made)).toStrictEqual({
      parent: `/${group}`,
      processes: 100,
      memoryMb: 64,
    });
    // Folders of a real hierarchy go with their files.
    for (const controller of ['memory', 'pids']) {
      await rm(join(root, controller, group), { recursive: true });
      await mkdir(join(root, controller, group, 'conmon'), { recursive: true });
    }
    await removeControlGroup('/s', root);
    expect(existsSync(join(root, 'memory', group))).toBe(false);
  });

  it.each([
    [{ rootless: true }, /only root/],
    [{ manager: 'systemd' }, /only under cgroupfs/],
    [{ root: '/nonexistent' }, /is not mounted/],
  ])('is none, and that is said: %j', async (change, reason) => {
    const expected = isRoot ? reason : /only root/;
    for (const facts of [
      await openCeiling({ ...place, ...change }, wish),
      await lookAtCeiling({ ...place, ...change }, wish),
    ]) {
      expect(facts).toMatchObject({ kind: 'none', reason: expect.stringMatching(expected) });
      expect(containerGroup('/s', facts)).toBeUndefined();
      for (const [kept, feature] of [
        [{ rootless: false }, 'user_per_job'],
        [{ rootless: true }, 'one_user_for_all_jobs'],
        [{ rootless: true, ownNamespace: { uids: 1, gids: 1 } }, 'user_namespace_per_job'],
      ] as const) {
        expect(boundFeatures(kept, facts)).toStrictEqual(['no_ceiling', feature]);
      }
    }
  });

  it('that cannot be written is none', async () => {
    if (!isRoot) return;
    await rm(join(root, 'pids'), { recursive: true });
    await mkdir(join(root, 'pids', group, 'pids.max'), { recursive: true });
    expect(await openCeiling(place, wish)).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('cannot be made'),
    });
  });
});
