import { createReadStream } from 'node:fs';
import type { Env } from '@cynodeai/runtime/config';
import { type LogReport, LogVerifier } from '@cynodeai/runtime/sealed-log';
import { messageOf } from '@cynodeai/runtime/std';
import { LauncherError } from '../base/launcher-error.ts';
import { findInstall } from '../install/install.ts';
import { auditPublicKey } from '../install/secrets.ts';

/** Bytes that are read at once. */
const chunkBytes = 1024 * 1024;

const isKey = (text: string): boolean => /^[\w-]{43}$/.test(text);

/** The keys whose seals count: those that are named, else that of the install, if there is one. @throws LauncherError `usage` */
export function trustedKeys(
  env: Env,
  named: readonly string[] | undefined,
): readonly string[] | undefined {
  const wrong = named?.find((key) => !isKey(key));
  if (wrong !== undefined) {
    throw new LauncherError(
      'usage',
      `--key ${wrong} is no public key; it has 43 characters, as cynode audit export names it`,
    );
  }
  if (named !== undefined && named.length > 0) return named;
  const install = findInstall(env);
  const own = install && auditPublicKey(install.paths);
  return own === undefined ? undefined : [own];
}

/** Reads a file from its first to its last byte. @throws LauncherError `usage` when it cannot be read */
export async function checkExport(
  path: string,
  trusted: readonly string[] | undefined,
): Promise<LogReport> {
  const verifier = new LogVerifier(trusted);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
      if (!verifier.push(chunk as Buffer)) break;
    }
  } catch (error) {
    throw new LauncherError('usage', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
  return verifier.end();
}

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;

/** What was found, in one line. */
export function reportLine(report: LogReport, file: string): string {
  const { fault, rows, seals, removed, skipped, header } = report;
  if (fault !== undefined) {
    const where = [...(fault.table === undefined ? [] : [fault.table]), `line ${fault.line}`];
    return `${file}: not as it was sealed: ${where.join(', ')}: ${fault.what}\n`;
  }
  const without = [
    ...(removed > 0 ? [`${counted(removed, 'older range')} removed by retention`] : []),
    ...(skipped > 0 ? [`${counted(skipped, 'range')} before ${header?.since} not in it`] : []),
  ];
  const rest = without.length === 0 ? '' : `; ${without.join(', ')}`;
  return `${file}: ${counted(rows, 'row')} in ${counted(seals, 'seal')}, all as they were sealed${rest}\n`;
}
