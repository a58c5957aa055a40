import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare } from '../harness/compare.ts';
import type { Effort, Outcome } from '../harness/line.ts';
import { type BenchInstall, checkout } from '../support/install.ts';
import { timedRun } from '../support/timed.ts';

const folders = 100;
const filesEach = 100;
const fileBytes = 31_000;

/** 10,000 files and 300 MB that no compression would make smaller. */
function makeFolder(root: string): void {
  for (let folder = 0; folder < folders; folder += 1) {
    const path = join(root, `folder-${folder}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < filesEach; file += 1) {
      writeFileSync(join(path, `file-${file}`), randomBytes(fileBytes));
    }
  }
}

const notes = [`${folders * filesEach} files, ${(folders * filesEach * fileBytes) / 1e6} MB`];

/** A folder on its way into a job, which then ends at once, against the same copied by two tars on the same disk. */
export async function measureFolderIn(install: BenchInstall, effort: Effort): Promise<Outcome> {
  await install.ensureStack();
  const from = join(install.home, 'folder-in');
  const to = join(install.home, 'folder-out');
  makeFolder(from);
  let touched = 0;
  try {
    return await compare(
      {
        line: 'folder-in',
        title: '`cynode run --dir` of a folder that is new',
        unit: 'ms',
        comparison: 'ratio',
        samples: 1,
        warmUp: 1,
        target: { limit: 2, sense: 'at_most' },
        notes,
        ours: {
          name: 'cynode run --dir',
          sample: () => {
            // Another time of one file makes it another folder.
            touched += 1;
            utimesSync(join(from, 'folder-0/file-0'), touched, touched);
            const args = ['run', '--dir', from, '--', 'true'];
            return timedRun(join(checkout, 'cynode'), args, install.env);
          },
        },
        anchor: {
          name: 'tar | tar',
          sample: () => {
            rmSync(to, { recursive: true, force: true });
            mkdirSync(to);
            const pipe = 'tar -C "$0" -cf - . | tar -C "$1" -xf -';
            return timedRun('bash', ['-c', pipe, from, to], install.env);
          },
        },
      },
      effort,
    );
  } finally {
    rmSync(from, { recursive: true, force: true });
    rmSync(to, { recursive: true, force: true });
  }
}

/** A job with a folder that gateway and node have already. */
export async function measureFolderAgain(install: BenchInstall, effort: Effort): Promise<Outcome> {
  await install.ensureStack();
  const from = join(install.home, 'folder-again');
  makeFolder(from);
  const args = ['run', '--dir', from, '--', 'true'];
  try {
    return await compare(
      {
        line: 'folder-again',
        title: '`cynode run --dir` of a folder that was sent',
        unit: 'ms',
        comparison: 'value',
        samples: effort.quick ? 2 : 5,
        warmUp: 1,
        target: { limit: 1000, sense: 'at_most' },
        notes,
        ours: {
          name: 'cynode run --dir',
          sample: () => timedRun(join(checkout, 'cynode'), args, install.env),
        },
      },
      effort,
    );
  } finally {
    rmSync(from, { recursive: true, force: true });
  }
}
