import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  boundFeatures,
  controlGroupOf,
  groupFiles,
  type GroupPlace,
  lookAtCeiling,
  openNodeGroup,
  removeControlGroup,
  serviceGroupOf,
  tryNodeGroup,
} from './control-group.ts';
import { keepGroup } from './kept-group.ts';

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
    expect(await openNodeGroup(place, wish)).toStrictEqual({
      ceiling: { kind: 'set', ...ceiling },
      group: { parent: `/${group}`, share: { processes: 100, memoryMb: 64 } },
    });
    expect(await readFile(join(root, 'pids', group, 'pids.max'), 'utf8')).toBe('500');
    const other = { ...wish, memoryMb: 7, processes: 9 };
    expect(await lookAtCeiling(place, other)).toMatchObject({ memoryMb: 100, processes: 500 });
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
    const opened = await openNodeGroup({ ...place, ...change }, wish);
    const alone = isRoot && 'manager' in change;
    expect(opened.group).toStrictEqual(
      alone ? { share: { processes: 100, memoryMb: 64 } } : undefined,
    );
    for (const facts of [opened.ceiling, await lookAtCeiling({ ...place, ...change }, wish)]) {
      expect(facts).toMatchObject({ kind: 'none', reason: expect.stringMatching(expected) });
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
    expect(await openNodeGroup(place, wish)).toStrictEqual({
      ceiling: { kind: 'none', reason: expect.stringContaining('cannot be made') },
    });
  });
});

describe('the group of a service', () => {
  const service = '/user.slice/user@1000.service/app.slice/cynode-node.service';
  const v2 = (path: string) => `4:memory:/x\n1:name=systemd:/elsewhere.service\n0::${path}\n`;

  it.each([
    [v2(service), 'v2', service],
    [v2(`${service}/node`), 'v2', service],
    [v2('/user.slice/user-0.slice/session-1.scope'), 'v2', undefined],
    [v2('/'), 'v2', undefined],
    ['', 'v2', undefined],
    ['9:name=systemd:/system.slice/a.service\n0::/\n', 'hybrid', '/system.slice/a.service'],
    ['1:name=systemd:/system.slice/a.service\n', 'v1', '/system.slice/a.service'],
    ['1:name=systemd:/\n0::/system.slice/a.service\n', 'v1', undefined],
  ] as const)('is read from %j of version %s', (membership, version, path) => {
    expect(serviceGroupOf(membership, version)).toBe(path);
  });

  /** A hierarchy of version 2 with the group of a service that was handed over with these controllers. */
  async function handed(controllers: string): Promise<GroupPlace> {
    await mkdir(join(root, service), { recursive: true });
    await writeFile(join(root, service, 'cgroup.controllers'), `${controllers}\n`);
    await writeFile(join(root, service, 'cgroup.procs'), '11\n12\n');
    const kind = { cgroupVersion: 'v2', manager: 'cgroupfs', rootless: true } as const;
    return { stateDir: '/s', ...kind, unit: service, root };
  }

  it('holds the sandboxes, with a ceiling below the limits of the service, also of a user', async () => {
    const opened = await openNodeGroup(await handed('cpu memory pids'), wish);
    const parent = `${service}/sandboxes`;
    expect(opened).toStrictEqual({
      ceiling: { kind: 'set', ...ceiling },
      group: { parent, share: { processes: 100, memoryMb: 64 } },
    });
    const text = (file: string) => readFile(join(root, service, file), 'utf8');
    expect(await text('sandboxes/memory.max')).toBe('104857600');
    expect(await text('cgroup.subtree_control')).toBe('+memory +pids');
    // Its own processes made room before.
    expect(await text('node/cgroup.procs')).toBe('12');
  });

  it('is looked at from outside where the node has it, while the service runs and while it does not', async () => {
    const inside = await handed('cpu memory pids');
    const stateDir = join(root, 'state');
    await mkdir(stateDir);
    const { unit, ...outside } = { ...inside, stateDir };
    // Limits of the service, and of what holds it, are those of its sandboxes.
    await writeFile(join(root, service, 'memory.max'), String(2048 * 1024 ** 2));
    await writeFile(join(root, service, 'pids.max'), 'max');
    await writeFile(join(root, '/user.slice', 'pids.max'), '1000');
    await writeFile(join(root, 'cgroup.controllers'), 'memory pids');
    const opened = await openNodeGroup({ ...inside, stateDir }, { maxConcurrency: 4 });
    expect(opened.ceiling).toMatchObject({ kind: 'set', memoryMb: 1536, processes: 500 });
    await keepGroup(stateDir, unit, opened.ceiling);
    expect(await lookAtCeiling(outside, { maxConcurrency: 4 })).toEqual(opened.ceiling);
    const copy = join(root, 'copy');
    await cp(stateDir, copy, { recursive: true });
    expect(await lookAtCeiling({ ...outside, stateDir: copy }, wish)).not.toEqual(opened.ceiling);
    await rm(join(root, 'user.slice'), { recursive: true });
    expect(await lookAtCeiling(outside, wish)).toEqual({ kind: 'set', ...ceiling });
  });

  it('that the node found of no use is not promised from outside', async () => {
    const stateDir = join(root, 'state');
    await mkdir(stateDir);
    const facts = { kind: 'none', reason: 'no sandbox starts under the limits' } as const;
    await keepGroup(stateDir, undefined, facts);
    const seenThen = `the node said at its last start: ${facts.reason}`;
    expect(await lookAtCeiling({ ...place, stateDir }, wish)).toEqual({
      kind: 'none',
      reason: isRoot ? seenThen : expect.stringMatching(/only root/),
    });
    // What a start made that was of no use stays, and is no ceiling.
    if (isRoot) {
      await openNodeGroup({ ...place, stateDir }, wish);
      expect(await lookAtCeiling({ ...place, stateDir }, wish)).toMatchObject({ reason: seenThen });
    }
    await keepGroup(stateDir, undefined, { kind: 'set', ...ceiling });
    const seen = { kind: isRoot ? 'set' : 'none' };
    expect(await lookAtCeiling({ ...place, stateDir }, wish)).toMatchObject(seen);
  });

  it.each([
    [{ rootless: true }, /^only root/],
    [{ manager: 'systemd' }, isRoot ? /^the engine has its control groups made by/ : /^only root/],
    [{ root: '/nonexistent' }, isRoot ? /is not mounted$/ : /^only root/],
  ])('has none for the reason there is now, not for one of long ago: %j', async (change, now) => {
    const stateDir = join(root, 'state');
    await mkdir(stateDir);
    await keepGroup(stateDir, undefined, { kind: 'none', reason: 'the moon was full' });
    const facts = await lookAtCeiling({ ...place, stateDir, ...change }, wish);
    expect(facts).toEqual({ kind: 'none', reason: expect.stringMatching(now) });
  });

  it.each(['', 'cpu', 'cpu memory', 'pids'])(
    'holds the sandboxes without limits where its controllers are %j, and says which are missing',
    async (controllers) => {
      const place = await handed(controllers);
      const opened = await openNodeGroup(place, wish);
      const reason = expect.stringMatching(/has no controller for (?:memory|pids)/);
      expect(opened).toStrictEqual({
        ceiling: { kind: 'none', reason },
        group: { parent: `${service}/sandboxes` },
      });
      expect(existsSync(join(root, service, 'sandboxes'))).toBe(true);
      expect(await lookAtCeiling(place, wish)).toStrictEqual({ kind: 'none', reason });
    },
  );

  it('is not made up: a machine without controllers has no ceiling, whoever looks', async () => {
    await writeFile(join(root, 'cgroup.controllers'), '\n');
    const bare = { ...place, cgroupVersion: 'v2' as const };
    const expected = isRoot ? /has no controller for memory and pids/ : /only root/;
    const facts = { kind: 'none', reason: expect.stringMatching(expected) };
    expect(await lookAtCeiling(bare, wish)).toStrictEqual(facts);
    expect(await openNodeGroup(bare, wish)).toStrictEqual({ ceiling: facts });
  });
});

describe('a group that was made', () => {
  const share = { processes: 100, memoryMb: 64 };
  const set = { kind: 'set', ...ceiling } as const;
  const refused = { kind: 'none', reason: expect.stringContaining('no swap here') };

  it.each([
    [
      'starts sandboxes',
      { parent: '/p', share },
      [''],
      { ceiling: set, group: { parent: '/p', share } },
    ],
    [
      'starts them without limits only',
      { parent: '/p', share },
      ['no swap here', ''],
      { ceiling: refused, group: { parent: '/p' } },
    ],
    ['starts none', { parent: '/p', share }, ['no swap here', 'no'], { ceiling: refused }],
    ['has limits alone and starts none', { share }, ['no swap here'], { ceiling: refused }],
    ['has no limits and starts none', { parent: '/p' }, ['no swap here'], { ceiling: refused }],
    ['is none', undefined, [], { ceiling: set }],
  ] as const)('%s', async (_what, group, answers, kept) => {
    const asked: unknown[] = [];
    const left = [...answers];
    const made = { ceiling: set, ...(group && { group }) };
    const tried = await tryNodeGroup(made, async (each) => {
      asked.push(each);
      return left.shift() ?? 'asked once too often';
    });
    expect(tried).toStrictEqual(kept);
    expect(asked).toHaveLength(answers.length);
  });
});
