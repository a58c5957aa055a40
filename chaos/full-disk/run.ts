import { waitFor } from '@cynodeai/testing/harness';
import { isDeepStrictEqual } from 'node:util';
import type { DiskInstall } from './install.ts';
import type { FillingProgram } from './programs.ts';
import type { Volume } from './volume.ts';

/** What came of it; empty `violations`: every promise was kept. */
export interface FullDiskVerdict {
  readonly jobs: number;
  /** Jobs that were ended on behalf of the disk. */
  readonly ended: number;
  readonly ordinary: number;
  /** The longest an ordinary job took, from the command to its end, ms. */
  readonly slowestMs: number;
  /** What is free less than before, MiB. */
  readonly grownMiB: number;
  readonly violations: readonly string[];
}

/** A program may take so long to fill what it can: to be ended, and where nobody ends it. */
const limits = { ended: '120s', other: '20s' } as const;
/** What most jobs are: children, a pipe, files, a result. */
const ordinary = 'seq 2000 | sort -n | tail -n 1 > a && cp a b && cat b';
/** The database keeps the tasks, the roles their logs. */
const mostGrownMiB = 48;
const killed = 137;
const endedWords = /the job was ended, because/;

/** Runs every program, an ordinary job behind each, and looks whether anybody but the program itself lost anything. */
export async function fillDisk(
  install: DiskInstall,
  volume: Volume,
  programs: readonly FillingProgram[],
  say: (line: string) => void,
): Promise<FullDiskVerdict> {
  const violations: string[] = [];
  const before = { roles: install.roles(), freeBytes: volume.freeBytes };
  let [ended, slowestMs] = [0, 0];
  for (const { name, script, isEnded } of programs) {
    const limit = isEnded ? limits.ended : limits.other;
    const fill = await install.cynode('run', '--timeout', limit, '--commands', script);
    const said = `${fill.stdout}${fill.stderr}`.slice(-500);
    const wasEnded = fill.code === killed && endedWords.test(fill.stderr);
    if (wasEnded) ended += 1;
    if (isEnded !== wasEnded) violations.push(`${name}: exit ${fill.code}: ${said}`);
    const started = performance.now();
    const after = await install.cynode('run', '--commands', ordinary);
    const ms = Math.round(performance.now() - started);
    slowestMs = Math.max(slowestMs, ms);
    const isFine = after.code === 0 && after.stdout === '2000\n';
    if (!isFine)
      violations.push(`the job behind one that ${name}: exit ${after.code}: ${after.stderr}`);
    say(`${name}: exit ${fill.code}${wasEnded ? ', ended' : ''}; then an ordinary one: ${ms} ms`);
  }
  const roles = install.roles();
  if (!isDeepStrictEqual(roles, before.roles)) {
    violations.push(`processes were restarted: ${JSON.stringify(roles)}`);
  }
  await waitFor(() => install.left().length === 0, { what: 'nothing is left' }).catch(() => {
    violations.push(...install.left().map((what) => `left behind: ${what}`));
  });
  const grownMiB = Math.round((before.freeBytes - volume.freeBytes) / 1024 ** 2);
  if (grownMiB > mostGrownMiB) violations.push(`${grownMiB} MiB less are free than before`);
  const count = programs.length;
  return { jobs: count, ended, ordinary: count, slowestMs, grownMiB, violations };
}
