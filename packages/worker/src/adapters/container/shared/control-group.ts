import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { messageOf } from '@cynodeai/runtime/std';
import {
  type CeilingWish,
  type MachineSize,
  type SandboxCeiling,
  sandboxCeiling,
} from '../../../domain/sandbox/ceiling.ts';
import type { CeilingFacts, EngineFacts } from '../../../ports/sandbox-engine.ts';

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
  /** Where the hierarchies are mounted. */
  readonly root?: string;
}

/** What the node of an engine is bound to. */
export interface NodeBounds {
  readonly ceiling: CeilingWish;
}

/** What containers are told of the ceiling. */
export interface ContainerGroup {
  /** Path of the node's group below each hierarchy. */
  readonly parent: string;
  readonly processes: number;
  readonly memoryMb: number;
}

/** Name of the group above all sandboxes of an install's node. */
export function controlGroupOf(stateDir: string): string {
  const id = createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 8);
  return `cynode-${id}`;
}

async function numberIn(path: string): Promise<number> {
  return Number((await readFile(path, 'utf8').catch(() => '')).trim());
}

async function machineSize(): Promise<MachineSize> {
  const most = await numberIn('/proc/sys/kernel/pid_max');
  return { memoryMb: Math.floor(totalmem() / mib), maxProcesses: most || 32_768 };
}

/** Files of the group and what they must say, the folder of each first. */
export function groupFiles(
  place: Pick<GroupPlace, 'cgroupVersion' | 'stateDir' | 'root'>,
  ceiling: SandboxCeiling,
): readonly {
  readonly dir: string;
  readonly file: string;
  readonly value: string;
  readonly optional?: true;
}[] {
  const root = place.root ?? mountPoint;
  const name = controlGroupOf(place.stateDir);
  const bytes = String(ceiling.memoryMb * mib);
  const processes = String(ceiling.processes);
  if (place.cgroupVersion === 'v2') {
    const dir = join(root, name);
    return [
      { dir: root, file: 'cgroup.subtree_control', value: '+memory +pids', optional: true },
      { dir, file: 'memory.max', value: bytes },
      { dir, file: 'memory.swap.max', value: '0', optional: true },
      { dir, file: 'pids.max', value: processes },
    ];
  }
  const [memory, pids] = controllers.map((controller) => join(root, controller, name));
  return [
    { dir: memory ?? '', file: 'memory.limit_in_bytes', value: bytes },
    { dir: memory ?? '', file: 'memory.memsw.limit_in_bytes', value: bytes, optional: true },
    { dir: pids ?? '', file: 'pids.max', value: processes },
  ];
}

/** Why there can be no ceiling here; undefined when nothing speaks against one. */
async function obstacleOf(place: GroupPlace): Promise<string | undefined> {
  if (place.rootless || process.getuid?.() !== 0) {
    return 'only root can make control groups for all sandboxes together';
  }
  if (place.manager !== 'cgroupfs') {
    return `the engine has its control groups made by ${place.manager}; only under cgroupfs can the node put one above them`;
  }
  const root = place.root ?? mountPoint;
  const needed = place.cgroupVersion === 'v2' ? [''] : controllers;
  for (const controller of needed) {
    const missing = await access(join(root, controller)).then(
      () => false,
      () => true,
    );
    if (missing) return `${join(root, controller)} is not mounted`;
  }
  return undefined;
}

const none = (reason: string): CeilingFacts => ({ kind: 'none', reason });

/** What the ceiling is, or would be once the node runs; nothing is changed. */
export async function lookAtCeiling(place: GroupPlace, wish: CeilingWish): Promise<CeilingFacts> {
  const obstacle = await obstacleOf(place);
  if (obstacle !== undefined) return none(obstacle);
  const planned = sandboxCeiling(await machineSize(), wish);
  const limits = groupFiles(place, planned).filter(({ optional }) => optional !== true);
  const [memory = 0, processes = 0] = await Promise.all(
    limits.map(({ dir, file }) => numberIn(join(dir, file))),
  );
  if (!(memory > 0 && processes > 0)) return { kind: 'set', ...planned };
  return { kind: 'set', ...planned, memoryMb: Math.floor(memory / mib), processes };
}

/** Puts the ceiling in place; without one the reason is told, and sandboxes run without. */
export async function openCeiling(place: GroupPlace, wish: CeilingWish): Promise<CeilingFacts> {
  const obstacle = await obstacleOf(place);
  if (obstacle !== undefined) return none(obstacle);
  const ceiling = sandboxCeiling(await machineSize(), wish);
  try {
    for (const { dir, file, value, optional } of groupFiles(place, ceiling)) {
      await mkdir(dir, { recursive: true });
      await writeFile(join(dir, file), value).catch((error: unknown) => {
        if (optional !== true) throw error;
      });
    }
    return { kind: 'set', ...ceiling };
  } catch (error) {
    return none(`the control group cannot be made: ${messageOf(error)}`);
  }
}

/** What each container is told of a ceiling. */
export function containerGroup(
  stateDir: string,
  ceiling: CeilingFacts,
): ContainerGroup | undefined {
  if (ceiling.kind === 'none') return undefined;
  const { processesPerJob: processes, memoryMbPerJob: memoryMb } = ceiling;
  return { parent: `/${controlGroupOf(stateDir)}`, processes, memoryMb };
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
