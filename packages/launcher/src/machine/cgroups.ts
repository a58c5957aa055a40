import { existsSync } from 'node:fs';
import { join } from 'node:path';

const mountPoint = '/sys/fs/cgroup';

/** Which generation of control groups this machine has, by where they are mounted. */
export function cgroupsOf(root = mountPoint): 'unified' | 'hybrid' | 'v1' | 'none' {
  if (existsSync(join(root, 'cgroup.controllers'))) return 'unified';
  if (!existsSync(root)) return 'none';
  return existsSync(join(root, 'unified')) ? 'hybrid' : 'v1';
}
