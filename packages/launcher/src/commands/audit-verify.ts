import { resolve } from 'node:path';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { checkExport, reportLine, trustedKeys } from '../audit/check-export.ts';
import type { CommandContext } from './command-context.ts';
import type { auditVerifyArgs, auditVerifyFlags } from './flags.ts';

/** `audit verify FILE`. See docs/reference/audit.md#verify. */
export async function auditVerify(
  { env, output, notes }: CommandContext,
  { args, flags }: CommandInput<typeof auditVerifyArgs, typeof auditVerifyFlags>,
): Promise<number> {
  const trusted = trustedKeys(env, flags.key);
  const report = await checkExport(resolve(args.file), trusted);
  if (trusted === undefined && report.header !== undefined) {
    await notes.text(
      `cynode: checked with the key in the file itself, ${report.header.public_key}; --key says whose you trust\n`,
    );
  }
  await output.text(reportLine(report, args.file));
  return report.fault === undefined ? 0 : 1;
}
