import { temporaryDirectory } from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isHalfDone } from '../src/setup/install-packages.ts';

const program = fileURLToPath(new URL('fixtures/installs.ts', import.meta.url));
const refusal =
  "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.";

/** Works once every file it needs is there; what each command makes is said by the case. */
const apt = `#!/bin/sh
echo "apt-get $*" >>"$0.calls"
here=$(dirname "$0")
case $* in
*update*) touch "$here/updated" ;;
*)
  [ -e "$here/needs-dpkg" ] && ! [ -e "$here/configured" ] && { echo "${refusal}" >&2; exit 100; }
  [ -e "$here/needs-update" ] && ! [ -e "$here/updated" ] && { echo 'E: 404' >&2; exit 100; }
  exit 0 ;;
esac
`;
const dpkg =
  '#!/bin/sh\necho "dpkg $*" >>"$(dirname "$0")/apt-get.calls"\ntouch "$(dirname "$0")/configured"\n';

it('apt that refuses after an interruption is known by its words', () => {
  expect(isHalfDone({ exitCode: 100, stderr: refusal })).toBe(true);
  expect(isHalfDone({ exitCode: 100, stderr: 'E: Unable to locate package' })).toBe(false);
  expect(isHalfDone({ exitCode: 0, stderr: refusal })).toBe(false);
});

describe.runIf(process.getuid?.() === 0)('the installation of packages', () => {
  it.each([
    [[], ['install']],
    [['needs-update'], ['install', 'update', 'install']],
    [['needs-dpkg'], ['install', 'dpkg', 'install']],
    [
      ['needs-dpkg', 'needs-update'],
      ['install', 'dpkg', 'install', 'update', 'install'],
    ],
  ])('goes on where an earlier one was cut short: %j', async (needs, steps) => {
    await using dir = await temporaryDirectory();
    const at = (name: string): string => join(dir.path, name);
    writeFileSync(at('apt-get'), apt, { mode: 0o755 });
    writeFileSync(at('dpkg'), dpkg, { mode: 0o755 });
    for (const name of needs) writeFileSync(at(name), '');
    // Where the system's programs are looked for first, in a place of this process alone.
    const script = 'mount --bind "$1" /usr/local/sbin && exec "$2" "$3"';
    const words = ['--mount', 'sh', '-ec', script, 'sh', dir.path, process.execPath, program];
    await using child = new Child('unshare', words, { env: { PATH: '/usr/bin:/bin:/usr/sbin' } });
    expect((await child.outcome).stdout).toBe('installed\n');
    const calls = existsSync(at('apt-get.calls')) ? readFileSync(at('apt-get.calls'), 'utf8') : '';
    const told = [...calls.matchAll(/ (install|update) |^(dpkg) --configure -a$|(update)$/gm)];
    expect(told.map(([, one, two, three]) => one ?? two ?? three)).toEqual(steps);
  });
});
