/** House rules that no linter has: raw forms of a concept outside its one home. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { type Finding, findingsIn } from './house/check-source.ts';
import { houseRules } from './house/rules.ts';

/** Every source file under version control or about to be. */
function sources(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs', '*.cjs'];
  return execFileSync('git', args, { encoding: 'utf8' }).split('\n').filter(Boolean);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Listed, but deleted and not yet committed.
    return '';
  }
}

const findings: Finding[] = sources().flatMap((path) =>
  findingsIn(path, readIfThere(path), houseRules),
);
for (const { path, line, rule, says } of findings) {
  process.stdout.write(`${path}:${line} ${rule}: ${says}\n`);
}
process.stdout.write(`house rules: ${houseRules.length} rules, ${findings.length} violations\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
