import { userInfo } from 'node:os';
import process from 'node:process';
import type { Check } from '../doctor/check.ts';
import { checkEngine } from '../doctor/engine-check.ts';
import { checkGpu, checkInference } from '../doctor/inference-checks.ts';
import { checkInstall, checkVariables } from '../doctor/install-checks.ts';
import {
  checkCgroups,
  checkDatabaseDisk,
  checkDisks,
  checkNode,
  checkNpm,
  checkPrograms,
  checkSubordinateIds,
  checkUserNamespaces,
} from '../doctor/machine-checks.ts';
import { demandedEngine, unchosenEngine } from '../install/engine-choice.ts';
import { findInstall } from '../install/install.ts';
import { homeDirOf, storageDirsOf } from '../install/paths.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { doctorFlags } from './flags.ts';

const marks = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

/** The checks as people read them. */
export function doctorText(checks: readonly Check[]): string {
  const width = Math.max(...checks.map((check) => check.name.length));
  const lines = checks.map((check) => {
    const fix = check.fix === undefined ? '' : `\n       ${' '.repeat(width)}fix: ${check.fix}`;
    return `${marks[check.result]}  ${check.name.padEnd(width)} ${check.detail}${fix}`;
  });
  return `${lines.join('\n')}\n`;
}

/** How the tables of subordinate ids may call the user; one without an entry has only a number. */
function ownNames(): string[] {
  const uid = String(process.getuid?.() ?? 0);
  try {
    return [userInfo().username, uid];
  } catch {
    return [uid];
  }
}

/** Checks this machine and this install. */
export async function doctor(
  { env, output }: CommandContext,
  { flags }: { readonly flags: FlagsOf<typeof doctorFlags> },
): Promise<number> {
  const checks = [
    checkNode(),
    checkNpm(env),
    ...checkPrograms(demandedEngine(env, findInstall(env)?.engine ?? unchosenEngine).runtime),
    checkCgroups(),
    checkUserNamespaces(),
    ...checkSubordinateIds(ownNames()),
    ...(await checkDisks(storageDirsOf(homeDirOf(env)))),
    ...checkDatabaseDisk(env),
    ...(await checkEngine(env)),
    ...checkVariables(env),
    ...(await checkInstall(env)),
    checkGpu(),
    await checkInference(env),
  ];
  const healthy = checks.every((check) => check.result !== 'fail');
  if (flags.json) await output.json({ ok: healthy, checks });
  else await output.text(doctorText(checks));
  return healthy ? 0 : 1;
}
