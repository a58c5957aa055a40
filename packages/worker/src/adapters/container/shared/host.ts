import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { release, userInfo } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { EngineFacts } from '../../../ports/sandbox-engine.ts';

/** Where programs are looked for; the same list is the engine's PATH. */
export const programPath =
  '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/libexec/podman:/usr/lib/podman';

/** What can be read off the host without running anything. */
export interface HostFacts {
  readonly bootId: string;
  readonly uid: number;
  readonly cgroupVersion: EngineFacts['cgroupVersion'];
  /** Own hard limits; undefined means unlimited. */
  readonly maxOpenFiles: number | undefined;
  readonly maxProcesses: number | undefined;
  /** Processes and threads the kernel allows in all. */
  readonly kernelProcesses: number;
  /** Whether the user has subordinate ids and the tools to use them. */
  readonly subordinateIds: boolean;
  /** Whether unprivileged users may make user namespaces. */
  readonly userNamespaces: boolean;
  /** The kernel counts what a user has apart in each user namespace: since 5.14. */
  readonly countsByNamespace: boolean;
  readonly selinux: boolean;
  /** The kernel can filter system calls. */
  readonly seccomp: boolean;
  /** Path of every engine program that is installed. */
  readonly programs: Readonly<Record<string, string>>;
  /** Changes whenever a program or a decisive fact does. */
  readonly signature: string;
}

const programs = ['podman', 'crun', 'runc', 'conmon', 'catatonit', 'fuse-overlayfs', 'newuidmap'];

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

async function find(program: string): Promise<string | undefined> {
  for (const dir of programPath.split(':')) {
    const path = join(dir, program);
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  return undefined;
}

/** Which control group layout `/proc/self/mountinfo` shows. */
export function cgroupVersionOf(mountInfo: string): EngineFacts['cgroupVersion'] {
  const types = mountInfo.split('\n').map((line) => {
    const [left, right] = line.split(' - ');
    return { point: left?.split(' ')[4] ?? '', type: right?.split(' ')[0] ?? '' };
  });
  if (types.some(({ point, type }) => type === 'cgroup2' && point === '/sys/fs/cgroup'))
    return 'v2';
  return types.some(({ type }) => type === 'cgroup2') ? 'hybrid' : 'v1';
}

/** A hard limit of `/proc/self/limits`; undefined when unlimited. */
export function hardLimitOf(limits: string, name: string): number | undefined {
  const line = limits.split('\n').find((entry) => entry.startsWith(name)) ?? '';
  const hard = line.slice(name.length).trim().split(/\s+/)[1] ?? '';
  return /^\d+$/.test(hard) ? Number(hard) : undefined;
}

async function hasSubordinateIds(uid: number, newuidmap: string | undefined): Promise<boolean> {
  if (newuidmap === undefined) return false;
  const names = new Set([String(uid)]);
  try {
    names.add(userInfo().username);
  } catch {
    // A user without an entry in the user database has only its number.
  }
  const listed = async (file: string): Promise<boolean> =>
    (await textOf(file)).split('\n').some((line) => names.has(line.split(':')[0] ?? ''));
  return (await listed('/etc/subuid')) && (await listed('/etc/subgid'));
}

async function hasUserNamespaces(): Promise<boolean> {
  const max = Number(await textOf('/proc/sys/user/max_user_namespaces'));
  const clone = (await textOf('/proc/sys/kernel/unprivileged_userns_clone')).trim();
  return max > 0 && clone !== '0';
}

/** Whether a kernel of this release counts processes by user namespace. */
export function countsByNamespace(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return major > 5 || (major === 5 && minor >= 14);
}

/** Reads the facts anew. */
export async function readHostFacts(): Promise<HostFacts> {
  const uid = process.getuid?.() ?? 0;
  const found: Record<string, string> = {};
  const marks: string[] = [];
  for (const program of programs) {
    const path = await find(program);
    if (path === undefined) continue;
    found[program] = path;
    const { mtimeMs, size, ino } = await stat(path);
    marks.push(`${path} ${mtimeMs} ${size} ${ino}`);
  }
  const limits = await textOf('/proc/self/limits');
  const facts = {
    bootId: (await textOf('/proc/sys/kernel/random/boot_id')).trim(),
    uid,
    cgroupVersion: cgroupVersionOf(await textOf('/proc/self/mountinfo')),
    maxOpenFiles: hardLimitOf(limits, 'Max open files'),
    maxProcesses: hardLimitOf(limits, 'Max processes'),
    kernelProcesses: Number(await textOf('/proc/sys/kernel/pid_max')) || 32_768,
    subordinateIds: await hasSubordinateIds(uid, found['newuidmap']),
    userNamespaces: await hasUserNamespaces(),
    countsByNamespace: countsByNamespace(release()),
    selinux: (await textOf('/sys/fs/selinux/enforce')) !== '',
    // A kernel without filters writes no such line.
    seccomp: /^Seccomp:/m.test(await textOf('/proc/self/status')),
  };
  return {
    ...facts,
    programs: found,
    signature: JSON.stringify([facts, marks]),
  };
}
