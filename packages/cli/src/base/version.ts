import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };

/** Version of this package, as the user agent carries it. */
export const packageVersion: string = manifest.version;

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The checked-out commit, shortened; undefined outside a plain checkout. */
export function checkoutCommit(gitDir: string): string | undefined {
  const head = readText(join(gitDir, 'HEAD'));
  const ref = head?.startsWith('ref: ') ? head.slice('ref: '.length) : undefined;
  const commit = ref === undefined ? head : readText(join(gitDir, ref));
  return commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit) ? commit.slice(0, 12) : undefined;
}

/** Package version, plus the commit when it is known. See docs/reference/cli.md#log-in-and-out. */
export function versionText(): string {
  const commit = checkoutCommit(join(import.meta.dirname, '../../../../.git'));
  return commit === undefined ? packageVersion : `${packageVersion}+${commit}`;
}
