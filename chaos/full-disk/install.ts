import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { at, Child } from '@cynodeai/testing/harness';
import { parseJson } from '@cynodeai/runtime/std';
import { root } from '../../features/support/orchestrator.ts';

/** How a command of the install ended. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the stack, as its supervisor tells. */
export interface RoleProcess {
  readonly name: string;
  readonly pid: number;
  readonly restarts: number;
}

const isNumber = (name: string): boolean => /^\d+$/.test(name);

/** An install whose state folder lies on a disk of its own. */
export class DiskInstall {
  readonly #home: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(disk: string, runtimeDir: string) {
    this.#home = join(disk, 'home');
    this.#env = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: disk,
      CYNODE_HOME: this.#home,
      XDG_RUNTIME_DIR: runtimeDir,
    };
  }

  /** Runs `cynode` to its end. */
  async cynode(...args: readonly string[]): Promise<Ended> {
    const child = new Child(join(root, 'cynode'), args, { cwd: '/', env: this.#env });
    return { code: await child.ended, stdout: child.stdout, stderr: child.stderr };
  }

  /** The processes that its supervisor keeps running. */
  roles(): readonly RoleProcess[] {
    const state: unknown = parseJson(readFileSync(join(this.#home, 'stack.json'), 'utf8'));
    const roles = at(state, 'roles');
    if (!Array.isArray(roles)) throw new Error('the state names no roles');
    return roles.map((role: unknown) => ({
      name: String(at(role, 'name')),
      pid: Number(at(role, 'process.pid')),
      restarts: Number(at(role, 'restarts')),
    }));
  }

  /** Containers, layers, folders, mounts and processes of jobs. */
  left(): readonly string[] {
    const storage = join(this.#home, 'node/engine/storage/overlay');
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
    const lines = readdirSync('/proc')
      .filter(isNumber)
      .map((pid) => commandLine(pid));
    return [
      ...readdirSync(join(this.#home, 'node/sandbox_mounts')),
      ...readdirSync(join(storage, 'overlay-containers')).filter((name) => !name.includes('.')),
      ...mounts.filter((line) => line.includes(` ${storage}/overlay/`) && line.includes('merged')),
      ...lines.filter((line) => line.includes('conmon') && line.includes(this.#home)),
    ];
  }

  /** What the node and the supervisor had to say that should be known. */
  warnings(): readonly string[] {
    return ['node', 'supervisor'].flatMap((name) =>
      readFileSync(join(this.#home, 'logs', `${name}.log`), 'utf8')
        .split('\n')
        .filter((line) => /"level":"(?:warn|error)"/.test(line)),
    );
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
