import { parseJson } from '@cynodeai/runtime/std';
import { at, Child } from '@cynodeai/testing/harness';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { KeptConnection } from './kept-connection.ts';

/** The checkout that is measured. */
export const checkout = resolve(import.meta.dirname, '../..');

/** Where things that are slow to get are kept between runs. */
export const cacheDir = join(checkout, '.cynode/bench');

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Process ids of a running stack. */
export interface StackProcesses {
  readonly supervisor: number;
  readonly roles: readonly { readonly name: string; readonly pid: number }[];
}

const archivePattern = /^sandbox-[0-9a-f]+\.tar$/;

/** Copies image archives that the other folder lacks. */
function copyArchives(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(from)) {
    if (archivePattern.test(name) && !existsSync(join(to, name))) {
      copyFileSync(join(from, name), join(to, name));
    }
  }
}

/** An install of its own below the temporary folder; `remove` leaves nothing of it. */
export class BenchInstall implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'cyn-bench-'));
  readonly #children = new Set<Child>();

  /** Little more than a login shell has; the node that runs this comes first. */
  get env(): Record<string, string> {
    return {
      PATH: `${dirname(process.execPath)}:${systemPath}`,
      HOME: this.home,
      CYNODE_HOME: this.home,
    };
  }

  get runDir(): string {
    return String(this.#setting('runDir'));
  }

  get gatewayUrl(): string {
    return `http://127.0.0.1:${String(this.#setting('ports.userGateway'))}`;
  }

  get controlPlaneUrl(): string {
    return `http://127.0.0.1:${String(this.#setting('ports.controlPlane'))}`;
  }

  get workerUrl(): string {
    return `http://127.0.0.1:${String(this.#setting('ports.workerApi'))}`;
  }

  /** Text of a secret of the install. */
  secret(name: string): string {
    return readFileSync(join(this.home, 'secrets', name), 'utf8').trim();
  }

  /** Starts a program with the install's environment. */
  start(program: string, args: readonly string[]): Child {
    const child = new Child(program, args, { cwd: this.home, env: this.env });
    this.#children.add(child);
    void child.ended.finally(() => this.#children.delete(child));
    return child;
  }

  /** Runs a program to its end. @throws when its exit code is not 0. */
  async run(program: string, args: readonly string[]): Promise<string> {
    const child = this.start(program, args);
    const code = await child.ended;
    if (code === 0) return child.stdout;
    const words = child.stderr.trim().split('\n').slice(-6).join('\n  ');
    throw new Error(`${program} ${args[0] ?? ''} exited with ${code}: ${words}`);
  }

  cynode(...args: readonly string[]): Promise<string> {
    return this.run(join(checkout, 'cynode'), args);
  }

  /** Starts the stack in the background unless it runs; the first time packages and image are set up. */
  async ensureStack(): Promise<void> {
    copyArchives(join(cacheDir, 'images'), join(this.home, 'images'));
    await this.cynode('run', '--yes', '--quiet', '--commands', 'true');
    copyArchives(join(this.home, 'images'), join(cacheDir, 'images'));
  }

  async stopStack(): Promise<void> {
    await this.cynode('down');
  }

  /** A connection to the user gateway with a session of the administrator. */
  async connect(): Promise<KeptConnection> {
    const connection = new KeptConnection(this.gatewayUrl);
    await connection.logIn('admin', this.secret('admin-password'));
    return connection;
  }

  async processes(): Promise<StackProcesses> {
    const status: unknown = parseJson(await this.cynode('status', '--output', 'json'));
    const supervisor = at(status, 'supervisor_pid');
    const roles = at(status, 'roles');
    if (typeof supervisor !== 'number' || !Array.isArray(roles)) {
      throw new TypeError('the stack does not run');
    }
    return {
      supervisor,
      roles: roles.flatMap((role: unknown) => {
        const pid = at(role, 'pid');
        return typeof pid === 'number' ? [{ name: String(at(role, 'name')), pid }] : [];
      }),
    };
  }

  /** Stops and deletes everything. */
  async remove(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.stop()));
    if (!existsSync(this.home)) return;
    await this.cynode('reset', '--yes');
    rmSync(this.home, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }

  #setting(path: string): unknown {
    const settings: unknown = parseJson(readFileSync(join(this.home, 'install.json'), 'utf8'));
    const value = at(settings, path);
    if (value === undefined) throw new Error(`the install has no ${path}`);
    return value;
  }
}
