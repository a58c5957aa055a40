import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type CommandResult, runCommand } from '@cynodeai/runtime/process';

const checkout = fileURLToPath(new URL('../../../..', import.meta.url));

/** A user without an entry in the user database and without subordinate ids, as on a strange machine. */
const strangerId = 64_123;

/** A call of a program. */
export interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A user without rights, with a home and a place for sockets of its own. */
export class Stranger implements AsyncDisposable {
  readonly base: string;

  private constructor(base: string) {
    this.base = base;
  }

  static async create(): Promise<Stranger> {
    const base = await mkdtemp(join(tmpdir(), 'cynode-rl-'));
    await chmod(base, 0o755);
    for (const dir of ['home', 'run', 'checkout', 'node']) {
      await mkdir(join(base, dir), { mode: 0o755 });
    }
    if (process.getuid?.() === 0) {
      for (const dir of ['home', 'run']) await chown(join(base, dir), strangerId, strangerId);
    }
    return new Stranger(base);
  }

  get home(): string {
    return join(this.base, 'home');
  }

  get stateDir(): string {
    return join(this.home, 'state');
  }

  get runDir(): string {
    return join(this.base, 'run', 'e');
  }

  /**
   * The call of a program of the worker as this user; one process, which becomes it. Root's own checkout and Node may
   * lie where that user cannot look, so both are shown to it in a mount namespace of its own.
   */
  call(
    program: string,
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Call {
    const env = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: this.home,
      TMPDIR: this.home,
      CYNODE_STATE_DIR: this.stateDir,
      CYNODE_RUN_DIR: this.runDir,
      ...more,
    };
    if (process.getuid?.() !== 0) {
      return { program: process.execPath, args: [join(checkout, program), ...args], env };
    }
    const script =
      'mount --bind "$1" "$2" && mount --bind "$3" "$4" && shift 4 && cd "$HOME" && exec "$@"';
    const drop = ['setpriv', `--reuid=${strangerId}`, `--regid=${strangerId}`, '--clear-groups'];
    const nodeDir = dirname(process.execPath);
    const shown = [checkout, join(this.base, 'checkout'), nodeDir, join(this.base, 'node')];
    const run = [join(this.base, 'node', 'node'), join(this.base, 'checkout', program), ...args];
    const wrapped = ['--mount', '--', 'sh', '-c', script, 'sh', ...shown, ...drop, ...run];
    return { program: 'unshare', args: wrapped, env };
  }

  /** Runs a program of the worker to its end. */
  run(path: string, args: readonly string[]): Promise<CommandResult> {
    const { program, args: all, env } = this.call(path, args);
    return runCommand(program, all, { env, cwd: '/', timeoutMs: 100_000 });
  }

  /** Command lines of this user's processes. */
  async processes(): Promise<readonly string[]> {
    if (process.getuid?.() !== 0) return [];
    const { stdout } = await runCommand('ps', ['-u', String(strangerId), '-o', 'stat=,args=']);
    return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('Z'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.base, { recursive: true, force: true });
  }
}
