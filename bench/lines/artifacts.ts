import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compare } from '../harness/compare.ts';
import type { Effort, Outcome } from '../harness/line.ts';
import { type BenchInstall, checkout } from '../support/install.ts';
import { timedRun } from '../support/timed.ts';

const files = 10_000;
/** As large as the files of one job may be together, nearly. */
const fileBytes = 6200;

/** 100 folders of 100 files that no compression would make smaller, each with other bytes. */
const script = (to: string): string =>
  `mkdir -p ${to}; cd ${to}; head -c ${files * fileBytes} /dev/urandom | split -a 4 -d -b ${fileBytes} - f
   for n in $(seq -w 0 99); do mkdir $n; mv f$n* $n; done`;

function look(folder: string): void {
  let [count, bytes] = [0, 0];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    count += 1;
    bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  if (count !== files || bytes !== files * fileBytes) {
    throw new Error(`${count} files with ${bytes} bytes came out`);
  }
}

/** A job that makes files and leaves them, saved by `--out`, against the same program on the host and two tars. */
export async function measureArtifactsOut(install: BenchInstall, effort: Effort): Promise<Outcome> {
  await install.ensureStack();
  const from = join(install.home, 'artifacts-from');
  const to = join(install.home, 'artifacts-to');
  const clear = (): void => {
    for (const folder of [from, to]) rmSync(folder, { recursive: true, force: true });
  };
  const timed = async (program: string, args: readonly string[]): Promise<number> => {
    clear();
    const ms = await timedRun(program, args, install.env);
    look(to);
    return ms;
  };
  try {
    return await compare(
      {
        line: 'artifacts-out',
        title: '`cynode run --out` of 10,000 files',
        unit: 'ms',
        comparison: 'ratio',
        samples: 1,
        warmUp: 1,
        target: { limit: 2, sense: 'at_most' },
        notes: [`${files} files, ${(files * fileBytes) / 1e6} MB; both sides make them first`],
        ours: {
          name: 'cynode run --out',
          sample: () => {
            const args = ['run', '--out', to, '--', 'sh', '-c', script('/job/artifacts')];
            return timed(join(checkout, 'cynode'), args);
          },
        },
        anchor: {
          name: 'tar | tar',
          sample: () => {
            const pipe = `${script(from)}; mkdir ${to}; tar -C ${from} -cf - . | tar -C ${to} -xf -`;
            return timed('bash', ['-c', pipe]);
          },
        },
      },
      effort,
    );
  } finally {
    clear();
  }
}
