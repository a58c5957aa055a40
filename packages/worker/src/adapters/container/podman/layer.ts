import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { mountPoint } from '@cynodeai/runtime/std';

/**
 * The folder that a container's writes go to, by the mounts of one of its processes; undefined where its root is no
 * overlay of the kernel. The engine names it relative to the folder of its layers when the whole text became too long.
 */
export function upperDirOf(mountInfo: string, layersDir: string): string | undefined {
  for (const line of mountInfo.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const [type, , options = ''] = right.split(' ');
    if (left.split(' ')[4] !== '/' || type !== 'overlay') continue;
    const upper = /(?:^|,)upperdir=([^,]+)/.exec(options)?.[1];
    if (upper === undefined) return undefined;
    const path = mountPoint(upper);
    return isAbsolute(path) ? path : join(layersDir, path);
  }
  return undefined;
}

/** The same of a running process; undefined when it is gone. */
export async function upperDirOfProcess(
  pid: number,
  layersDir: string,
): Promise<string | undefined> {
  const mountInfo = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
  return upperDirOf(mountInfo, layersDir);
}
