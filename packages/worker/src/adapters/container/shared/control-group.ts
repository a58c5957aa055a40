import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { exists } from '@cynodeai/runtime/files';
import { messageOf } from '@cynodeai/runtime/std';
import {
  type CeilingWish,
  type MachineSize,
  type SandboxCeiling,
  sandboxCeiling,
} from '../../../domain/sandbox/ceiling.ts';
import type { CeilingFacts, EngineFacts } from '../../../ports/sandbox-engine.ts';
import { keptGroup } from './kept-group.ts';

const mib = 1024 ** 2;
const mountPoint = '/sys/fs/cgroup';
/** Where the two kinds of limits lie under version 1. */
const controllers = ['memory', 'pids'] as const;

/** What decides whether and where a control group can be made. */
export interface GroupPlace {
  readonly stateDir: string;
  readonly cgroupVersion: EngineFacts['cgroupVersion'];
  /** Who makes the groups of containers: only below a folder can the node put a ceiling of its own. */
  readonly manager: string;
  readonly rootless: boolean;
  /** The group of the service this process is, which has it to itself; absent where it is none. */
  readonly unit?: string | undefined;
  /** Where the hierarchies are mounted. */
  readonly root?: string;
}

/** What the node of an engine is bound to. */
export interface NodeBounds {
  readonly ceiling: CeilingWish;
  /** This process is the main process of a service of systemd. */
  readonly isService?: boolean;
}

/** What containers are told of the group above them. */
export interface ContainerGroup {
  /** Path of the node's group below each hierarchy; absent where somebody else makes the groups. */
  readonly parent?: string;
  /** What one of them may have; absent where nothing can be bounded. */
  readonly share?: { readonly processes: number; readonly memoryMb: number };
}

/** The group above all sandboxes of a node, and what they may take together. */
export interface NodeGroup {
  readonly ceiling: CeilingFacts;
  /** Absent where containers get groups wherever the engine puts them. */
  readonly group?: ContainerGroup;
}

/** Name of the group above all sandboxes of an install's node. */
export function controlGroupOf(stateDir: string): string {
  const id = createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 8);
  return `cynode-${id}`;
}

/** Where the processes of a service live once its group has groups of its own below it. */
const ownLeaf = 'node';

/** The group of a service by `/proc/self/cgroup` of its main process; undefined when it is none. */
export function serviceGroupOf(
  membership: string,
  version: EngineFacts['cgroupVersion'],
): string | undefined {
  const line = version === 'v2' ? /^0::(\/.*)$/m : /^\d+:name=systemd:(\/.*)$/m;
  const path = line.exec(membership)?.[1] ?? '';
  return /^(.*\.service)(?:\/node)?$/.exec(path)?.[1];
}

/** The group of the service this process is, if it is one. */
export async function findUnit(
  { isService = false }: Pick<NodeBounds, 'isService'>,
  version: EngineFacts['cgroupVersion'],
): Promise<string | undefined> {
  return isService ? serviceGroupOf(await textIn('/proc/self/cgroup'), version) : undefined;
}

/**
 * Path of the node's group below each hierarchy. That of a service lies in the service's own, so that its limits hold
 * for sandboxes too and none of them outlives it.
 */
function groupPath({ stateDir, unit }: Pick<GroupPlace, 'stateDir' | 'unit'>): string {
  return unit === undefined ? `/${controlGroupOf(stateDir)}` : `${unit}/sandboxes`;
}

async function textIn(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

async function numberIn(path: string): Promise<number> {
  return Number((await textIn(path)).trim());
}

/** The folder of a group and those above it, up to the root of the hierarchy. */
function upwards(root: string, path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return [root, ...parts.map((_part, index) => join(root, ...parts.slice(0, index + 1)))];
}

/** The least of what a file of these folders says; infinite where none of them says a number. */
async function leastOf(dirs: readonly string[], file: string): Promise<number> {
  const found = await Promise.all(dirs.map((dir) => numberIn(join(dir, file))));
  return Math.min(...found.filter((value) => value > 0), Number.POSITIVE_INFINITY);
}

/** What the groups above the node's own leave of the machine: a service may have less than all. */
async function machineSize(place: GroupPlace): Promise<MachineSize> {
  const root = place.root ?? mountPoint;
  const above = dirname(groupPath(place));
  const isV2 = place.cgroupVersion === 'v2';
  const [memory, pids] = controllers.map((one) => upwards(isV2 ? root : join(root, one), above));
  const memoryFile = isV2 ? 'memory.max' : 'memory.limit_in_bytes';
  const [bytes, processes, kernelProcesses] = await Promise.all([
    leastOf(memory ?? [], memoryFile),
    leastOf(pids ?? [], 'pids.max'),
    numberIn('/proc/sys/kernel/pid_max'),
  ]);
  return {
    memoryMb: Math.floor(Math.min(totalmem(), bytes) / mib),
    maxProcesses: Math.min(kernelProcesses || 32_768, processes),
  };
}

/** Files of the group and what they must say, the folder of each first. */
export function groupFiles(
  place: Pick<GroupPlace, 'cgroupVersion' | 'stateDir' | 'unit' | 'root'>,
  ceiling: SandboxCeiling,
): readonly {
  readonly dir: string;
  readonly file: string;
  readonly value: string;
  readonly optional?: true;
}[] {
  const root = place.root ?? mountPoint;
  const path = groupPath(place);
  const bytes = String(ceiling.memoryMb * mib);
  const processes = String(ceiling.processes);
  if (place.cgroupVersion === 'v2') {
    const dir = join(root, path);
    return [
      { dir: dirname(dir), file: 'cgroup.subtree_control', value: '+memory +pids', optional: true },
      { dir, file: 'memory.max', value: bytes },
      { dir, file: 'memory.swap.max', value: '0', optional: true },
      { dir, file: 'pids.max', value: processes },
    ];
  }
  const [memory, pids] = controllers.map((controller) => join(root, controller, path));
  return [
    { dir: memory ?? '', file: 'memory.limit_in_bytes', value: bytes },
    { dir: memory ?? '', file: 'memory.memsw.limit_in_bytes', value: bytes, optional: true },
    { dir: pids ?? '', file: 'pids.max', value: processes },
  ];
}

const isRoot = ({ rootless }: GroupPlace): boolean => !rootless && process.getuid?.() === 0;

/** Whether the groups of containers are made by somebody who lets nobody put another one above them. */
const isMadeElsewhere = ({ manager }: GroupPlace): boolean => manager !== 'cgroupfs';

/** Why there can be no group here; undefined when nothing speaks against one. */
async function obstacleOf(place: GroupPlace): Promise<string | undefined> {
  // A user's own service of version 2 was handed its group; everything else is root's.
  const handed = place.unit !== undefined && place.cgroupVersion === 'v2';
  if (!handed && !isRoot(place)) {
    return 'only root can make control groups for all sandboxes together';
  }
  if (isMadeElsewhere(place)) {
    return `the engine has its control groups made by ${place.manager}; only under cgroupfs can the node put one above them`;
  }
  const root = place.root ?? mountPoint;
  const needed = place.cgroupVersion === 'v2' ? [''] : controllers;
  for (const controller of needed) {
    const path = join(root, controller);
    if (!(await exists(path))) return `${path} is not mounted`;
  }
  return undefined;
}

/** Why there can be no limits here although there can be a group. */
async function limitObstacleOf(place: GroupPlace): Promise<string | undefined> {
  if (place.cgroupVersion !== 'v2') return undefined;
  const dirs = upwards(place.root ?? mountPoint, dirname(groupPath(place)));
  // The group of a service that does not run now is made anew by its start.
  const found = await Promise.all(dirs.map((dir) => exists(dir)));
  const above = dirs[found.lastIndexOf(true)] ?? mountPoint;
  const there = (await textIn(join(above, 'cgroup.controllers'))).trim().split(' ');
  const missing = controllers.filter((controller) => !there.includes(controller));
  return missing.length === 0
    ? undefined
    : `${above} has no controller for ${missing.join(' and ')}`;
}

const none = (reason: string): CeilingFacts => ({ kind: 'none', reason });

/** What the ceiling is, or would be once the node runs; nothing is changed. */
export async function lookAtCeiling(outside: GroupPlace, wish: CeilingWish): Promise<CeilingFacts> {
  const kept = await keptGroup(outside.stateDir);
  const place = { ...outside, unit: outside.unit ?? kept.unit };
  const obstacle = (await obstacleOf(place)) ?? (await limitObstacleOf(place));
  if (obstacle !== undefined) return none(obstacle);
  // Only a start finds out whether sandboxes start under the limits.
  if (kept.none !== undefined) return none(`the node said at its last start: ${kept.none}`);
  const planned = sandboxCeiling(await machineSize(place), wish);
  const limits = groupFiles(place, planned).filter(({ optional }) => optional !== true);
  const [memory = 0, processes = 0] = await Promise.all(
    limits.map(({ dir, file }) => numberIn(join(dir, file))),
  );
  if (!(memory > 0 && processes > 0)) return { kind: 'set', ...planned };
  return { kind: 'set', ...planned, memoryMb: Math.floor(memory / mib), processes };
}

const moves = 5;

/** Makes room in the group of a service: under version 2 only groups without processes have limits for those below. */
async function leaveGroup({ unit, cgroupVersion, root = mountPoint }: GroupPlace): Promise<void> {
  if (unit === undefined || cgroupVersion !== 'v2') return;
  const leaf = join(root, unit, ownLeaf);
  await mkdir(leaf, { recursive: true });
  // A process may have made another one while it was moved.
  for (let round = 0; round < moves; round += 1) {
    const pids = (await textIn(join(root, unit, 'cgroup.procs'))).split('\n');
    if (pids.every((pid) => pid === '')) return;
    for (const pid of pids.filter((each) => each !== '')) {
      // One that has ended meanwhile is fine.
      await writeFile(join(leaf, 'cgroup.procs'), pid).catch(() => {});
    }
  }
}

/** Puts the limits in place. @throws the fault of the system */
async function limit(place: GroupPlace, ceiling: SandboxCeiling): Promise<void> {
  for (const { dir, file, value, optional } of groupFiles(place, ceiling)) {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, file), value).catch((error: unknown) => {
      if (optional !== true) throw error;
    });
  }
}

/** The group of a service without limits of its own: those of the service hold, and its end is theirs. */
async function plainGroup(place: GroupPlace): Promise<ContainerGroup | undefined> {
  if (place.unit === undefined) return undefined;
  const parent = groupPath(place);
  const hierarchies = place.cgroupVersion === 'v2' ? [''] : ['systemd'];
  for (const hierarchy of hierarchies) {
    await mkdir(join(place.root ?? mountPoint, hierarchy, parent), { recursive: true });
  }
  return { parent };
}

/**
 * Puts the group in place, with a ceiling where it can be; without one the reason is told, and sandboxes run without.
 */
export async function openNodeGroup(place: GroupPlace, wish: CeilingWish): Promise<NodeGroup> {
  const obstacle = await obstacleOf(place);
  const ceiling = sandboxCeiling(await machineSize(place), wish);
  const { processesPerJob: processes, memoryMbPerJob: memoryMb } = ceiling;
  const share = { processes, memoryMb };
  if (obstacle !== undefined) {
    // Each sandbox can be bounded all the same, though not all of them together.
    const alone = isMadeElsewhere(place) && isRoot(place) && !(await limitObstacleOf(place));
    return { ceiling: none(obstacle), ...(alone && { group: { share } }) };
  }
  try {
    await leaveGroup(place);
    const withoutLimits = await limitObstacleOf(place);
    if (withoutLimits !== undefined) {
      const group = await plainGroup(place);
      return { ceiling: none(withoutLimits), ...(group && { group }) };
    }
    await limit(place, ceiling);
    const group = { parent: groupPath(place), share };
    return { ceiling: { kind: 'set', ...ceiling }, group };
  } catch (error) {
    const group = await plainGroup(place).catch(() => undefined);
    const reason = `the control group cannot be made: ${messageOf(error)}`;
    return { ceiling: none(reason), ...(group && { group }) };
  }
}

/**
 * The group as far as the engine starts containers in it, found out by starting one: with its limits, else without
 * them, else none. `start` gives the engine's complaint, empty when it worked.
 */
export async function tryNodeGroup(
  { ceiling, group }: NodeGroup,
  start: (group: ContainerGroup | undefined) => Promise<string>,
): Promise<NodeGroup> {
  if (group === undefined) return { ceiling };
  const complaint = await start(group);
  if (complaint === '') return { ceiling, group };
  const refused = none(`no sandbox starts under the limits of its group: ${complaint}`);
  const { parent } = group;
  if (parent === undefined || group.share === undefined) return { ceiling: refused };
  const plain = { parent };
  return { ceiling: refused, ...((await start(plain)) === '' && { group: plain }) };
}

/** The part of an engine's features that tells how far jobs are kept apart. */
export function boundFeatures(
  {
    rootless,
    ownNamespace,
  }: { readonly rootless: boolean; readonly ownNamespace?: object | undefined },
  ceiling: CeilingFacts,
): readonly string[] {
  const shared = ownNamespace === undefined ? 'one_user_for_all_jobs' : 'user_namespace_per_job';
  return [ceiling.kind === 'set' ? 'ceiling' : 'no_ceiling', rootless ? shared : 'user_per_job'];
}

/** Removes the group wherever an engine spread it; one that still holds processes stays. */
export async function removeControlGroup(stateDir: string, root = mountPoint): Promise<void> {
  const name = controlGroupOf(stateDir);
  const hierarchies = await readdir(root).catch(() => []);
  for (const hierarchy of ['', ...hierarchies]) {
    const dir = join(root, hierarchy, name);
    const below = await readdir(dir, { withFileTypes: true }).catch(() => undefined);
    if (below === undefined) continue;
    for (const entry of below.filter((one) => one.isDirectory())) {
      await rmdir(join(dir, entry.name)).catch(() => {});
    }
    await rmdir(dir).catch(() => {});
  }
}
