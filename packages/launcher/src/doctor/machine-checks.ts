import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import type { ContainerEngine } from '@cynodeai/contracts/common';
import type { Env } from '@cynodeai/runtime/config';
import { keptDatabase } from '../install/database-choice.ts';
import { findInstall } from '../install/install.ts';
import { readIfThere } from '../install/files.ts';
import { cgroupsOf } from '../machine/cgroups.ts';
import { diskText, disksOf } from '../machine/disks.ts';
import { findProgram } from '../machine/find-program.ts';
import { installCommand, programsOf, requirementsOf } from '../domain/packages.ts';
import { type Check, fail, ok, warn } from './check.ts';

const isRoot = (): boolean => process.getuid?.() === 0;

/** The version that runs this is the one that counts; the start script has chosen it. */
export function checkNode(version: string = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > 24 || (major === 24 && minor >= 7);
  if (enough) return ok('node', version);
  return fail('node', `${version}, needed is 24.7 or newer`, 'start through ./cynode');
}

export function checkNpm(env: Env): Check {
  const found = (env['PATH'] ?? '').split(delimiter).some((dir) => existsSync(join(dir, 'npm')));
  if (found) return ok('npm', 'found');
  return warn('npm', 'not found; needed only for updates', installCommand(['npm'], isRoot()));
}

/** What a host has, told apart from this one by tests. */
export interface HostPrograms {
  readonly unifiedCgroups: boolean;
  readonly asRoot: boolean;
  readonly find: (program: string) => string | undefined;
}

const thisHost = (): HostPrograms => ({
  unifiedCgroups: cgroupsOf() === 'unified',
  asRoot: isRoot(),
  find: findProgram,
});

/** The programs that an engine needs. */
export function checkPrograms(
  engine: ContainerEngine,
  { unifiedCgroups, asRoot, find }: HostPrograms = thisHost(),
): Check[] {
  return requirementsOf({ engine, unifiedCgroups }).map((requirement) => {
    for (const program of programsOf(requirement)) {
      const path = find(program);
      if (path !== undefined) return ok(program, path);
    }
    return fail(
      programsOf(requirement).join(' or '),
      `not found; ${requirement.why}`,
      installCommand([requirement.package], asRoot),
    );
  });
}

/** Which generation of cgroups this machine uses; decides whether resource limits can be enforced. */
export function checkCgroups(root = '/sys/fs/cgroup'): Check {
  const found = cgroupsOf(root);
  if (found === 'unified') return ok('cgroups', 'version 2');
  if (found === 'none') return fail('cgroups', `${root} is not mounted`, `mount ${root}`);
  const kind = found === 'hybrid' ? 'hybrid' : 'version 1';
  if (isRoot()) return ok('cgroups', kind);
  return warn('cgroups', `${kind}; without root, jobs with resource limits are refused`);
}

export function checkUserNamespaces(): Check {
  const limit = Number(readIfThere('/proc/sys/user/max_user_namespaces') ?? '1');
  const clone = readIfThere('/proc/sys/kernel/unprivileged_userns_clone')?.trim() ?? '1';
  if (limit === 0) {
    return fail(
      'user namespaces',
      'switched off',
      'sysctl -w user.max_user_namespaces=15000 (as root)',
    );
  }
  if (!isRoot() && clone === '0') {
    return fail(
      'user namespaces',
      'only for root',
      'sysctl -w kernel.unprivileged_userns_clone=1 (as root)',
    );
  }
  return ok('user namespaces', 'usable');
}

/** Sub-ids let files in a sandbox have several owners; without them all files have one. */
export function checkSubordinateIds(
  names: readonly string[],
  table = readIfThere('/etc/subuid') ?? '',
): Check[] {
  if (isRoot()) return [];
  const [user = ''] = names;
  const present = table.split('\n').some((line) => names.includes(line.split(':')[0] ?? ''));
  if (present) return [ok('subordinate ids', `present for ${user}`)];
  return [
    warn(
      'subordinate ids',
      `none for ${user}; sandboxes work, with one owner for all files`,
      `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user} (as root)`,
    ),
  ];
}

const gib = 1024 ** 3;
const space = 'free space on it (cynode prune --older-than 30d), or set CYNODE_HOME';

/** Space for images, the database and artifacts, on every disk that holds some of it. */
export async function checkDisks(directories: readonly string[]): Promise<Check[]> {
  return (await disksOf(directories)).map((disk) => {
    const text = diskText(disk);
    if (disk.state === 'full') {
      return fail('disk space', `${text}; new tasks are refused`, space);
    }
    if (disk.freeBytes < gib / 2) return fail('disk space', text, space);
    if (disk.state === 'tight' || disk.freeBytes < 2 * gib) return warn('disk space', text, space);
    return ok('disk space', text);
  });
}

/** The disk of a database of somebody else's cannot be seen from here. */
export function checkDatabaseDisk(env: Env): Check[] {
  const install = findInstall(env);
  if (!env['DATABASE_URL'] && !(install && keptDatabase(install.paths))) return [];
  return [ok('database disk', 'of DATABASE_URL: watched by its own operator, not from here')];
}
