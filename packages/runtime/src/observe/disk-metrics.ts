import { diskUse } from '../files/index.ts';
import type { MetricFamily } from './metrics.ts';

/** Room on the disks of some folders, by what each is for. */
export async function diskMetrics(
  folders: Readonly<Record<string, string>>,
): Promise<readonly MetricFamily[]> {
  const uses = await Promise.all(
    Object.entries(folders).map(async ([folder, path]) => ({ folder, use: await diskUse(path) })),
  );
  const family = (
    name: MetricFamily['name'],
    help: string,
    value: (use: (typeof uses)[number]['use']) => number,
  ): MetricFamily => ({
    name,
    help,
    type: 'gauge',
    samples: uses.map(({ folder, use }) => ({ labels: { folder }, value: value(use) })),
  });
  return [
    family('cynode_disk_free_bytes', 'Room on the disk of a folder', (use) => use.freeBytes),
    family(
      'cynode_disk_used_ratio',
      'Used share of it, of space or of inodes, whichever is scarcer',
      (use) => use.usedShare,
    ),
  ];
}
