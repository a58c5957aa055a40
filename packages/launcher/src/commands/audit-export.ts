import { resolve } from 'node:path';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { checkExport, reportLine } from '../audit/check-export.ts';
import { writeExport } from '../audit/write-export.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { findInstall } from '../install/install.ts';
import { auditPublicKey } from '../install/secrets.ts';
import type { CommandContext } from './command-context.ts';
import type { auditExportArgs, auditExportFlags } from './flags.ts';

/** A day, or a time of it in UTC or with its offset, as RFC 3339. @throws LauncherError `usage` */
function timeOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const isTime = /^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = new Date(text);
  if (isTime && !Number.isNaN(time.getTime())) return time.toISOString();
  throw new LauncherError(
    'usage',
    `--since ${text} is no time; write it as 2026-01-31 or 2026-01-31T12:00:00Z`,
  );
}

/** `audit export FILE`; what is written is checked at once. See docs/reference/audit.md#file. */
export async function auditExport(
  { env, signal, output, notes }: CommandContext,
  { args, flags }: CommandInput<typeof auditExportArgs, typeof auditExportFlags>,
): Promise<number> {
  const since = timeOf(flags.since);
  const install = findInstall(env);
  if (install === undefined) {
    throw new LauncherError('usage', 'there is no install to export of; CYNODE_HOME names another');
  }
  const path = resolve(args.file);
  await writeExport(install, { path, since, env, signal });
  const key = auditPublicKey(install.paths) ?? '';
  const report = await checkExport(path, [key]);
  await output.text(reportLine(report, args.file));
  if (report.fault !== undefined) return 1;
  await notes.text(`to check it elsewhere: cynode audit verify ${args.file} --key ${key}\n`);
  return 0;
}
