import { readFileSync, readdirSync } from 'node:fs';

const mb = (kb: number): number => kb / 1024;

/** Ids of a process and everything below it. */
export function processTree(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The name of the program, in parentheses, may hold anything.
        const [, rest = ''] = /\) (.*)$/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
        return [{ pid: Number(name), parent: Number(rest.split(' ')[1]) }];
      } catch {
        return [];
      }
    });
  const tree = [root];
  for (const pid of tree) {
    tree.push(...parents.filter((one) => one.parent === pid).map((one) => one.pid));
  }
  return tree;
}

/** Memory of a process in MB. */
export interface ProcessMemory {
  readonly pss: number;
  /** Pages of this process alone. */
  readonly private: number;
  /** Shared pages by what is mapped, MB resident. */
  readonly shared: ReadonlyMap<string, number>;
}

/** Reads `/proc/PID/smaps_rollup` and `smaps`. @throws when the process is gone. */
export function memoryOf(pid: number): ProcessMemory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const shared = new Map<string, number>();
  let mapping = '';
  let own = 0;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const [, file] = /^[0-9a-f]+-[0-9a-f]+ \S+ (\S+) \S+ \d+/.exec(line) ?? [];
    if (file !== undefined) mapping = line.split(/ +/).slice(2).join(' ');
    const [, kind = '', kb = '0'] =
      /^(Shared|Private)_(?:Clean|Dirty):\s+(\d+) kB/.exec(line) ?? [];
    if (kind === 'Private') own += mb(Number(kb));
    if (kind === 'Shared') shared.set(mapping, (shared.get(mapping) ?? 0) + mb(Number(kb)));
  }
  return { pss: mb(Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0)), private: own, shared };
}

/**
 * What the processes would take if nothing else on the machine mapped the same files, MB: PSS splits a page between
 * all who map it, so that another Node on the machine makes ours look smaller.
 */
export function aloneTotal(processes: readonly ProcessMemory[]): number {
  const files = new Map<string, number>();
  for (const { shared } of processes) {
    for (const [file, size] of shared) files.set(file, Math.max(files.get(file) ?? 0, size));
  }
  const own = processes.reduce((sum, process) => sum + process.private, 0);
  return own + [...files.values()].reduce((sum, size) => sum + size, 0);
}
