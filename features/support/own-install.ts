import { at, Child, type Outcome } from '@cynodeai/testing/harness';
import { parseJson } from '@cynodeai/runtime/std';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './orchestrator.ts';

/** Nobody's number on any machine. */
const unprivileged = 57_913;

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** An install of a scenario's own, beside the one of the run. */
export class OwnInstall {
  readonly home: string;
  readonly #above: string;
  readonly #asUser: boolean;
  readonly #through: readonly string[];

  /**
   * @param name of the state folder
   * @param options.through goes before each of its commands
   */
  constructor(
    name: string,
    { asUser = false, through = [] }: { asUser?: boolean; through?: readonly string[] } = {},
  ) {
    this.#above = mkdtempSync(join(tmpdir(), 'cyn-own-'));
    chmodSync(this.#above, 0o755);
    this.home = join(this.#above, name);
    this.#asUser = asUser;
    this.#through = through;
    mkdirSync(this.home, { mode: 0o700 });
    if (asUser && process.getuid?.() === 0) chownSync(this.home, unprivileged, unprivileged);
  }

  /** The image another install has built; building it again would show nothing. */
  takeImages(from: string): this {
    const images = join(this.home, 'images');
    cpSync(join(from, 'images'), images, { recursive: true });
    chmodSync(images, 0o700);
    if (this.#asUser && process.getuid?.() === 0) chownSync(images, unprivileged, unprivileged);
    return this;
  }

  /** Starts `cynode`, or another program in its place. @param options.into takes its output */
  start(
    args: readonly string[],
    {
      into,
      input,
      program = join(root, 'cynode'),
    }: { readonly into?: string; readonly input?: string; readonly program?: string } = {},
  ): Child {
    const env = { PATH: path, CYNODE_HOME: this.home, ...(!this.#asUser && { HOME: this.#above }) };
    const drop = [
      'setpriv',
      `--reuid=${unprivileged}`,
      `--regid=${unprivileged}`,
      '--clear-groups',
    ];
    const drops = this.#asUser && process.getuid?.() === 0;
    const script = `exec "$@"${into === undefined ? '' : ` > ${into}`}`;
    const command = [...this.#through, ...(drops ? drop : []), program, ...args];
    const options = { cwd: '/', env, ...(input !== undefined && { input }) };
    return new Child('/bin/sh', ['-c', script, 'sh', ...command], options);
  }

  run(args: readonly string[]): Promise<Outcome> {
    return this.start(args).outcome;
  }

  get settings(): unknown {
    return parseJson(readFileSync(join(this.home, 'install.json'), 'utf8'));
  }

  get ports(): readonly number[] {
    return Object.values(at(this.settings, 'ports') as Readonly<Record<string, number>>);
  }

  get gateway(): string {
    return `http://127.0.0.1:${String(at(this.settings, 'ports.userGateway'))}`;
  }

  get runDir(): string {
    return String(at(this.settings, 'runDir'));
  }

  get adminPassword(): string {
    return readFileSync(join(this.home, 'secrets/admin-password'), 'utf8').trim();
  }

  /** Lines that its gateway logged about requests: route and status. */
  gatewayCalls(): readonly (readonly [string, number])[] {
    return readFileSync(join(this.home, 'logs/user-gateway.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"request"'))
      .map((line) => parseJson(line))
      .map((line) => [String(at(line, 'route')), Number(at(line, 'status'))] as const);
  }

  async remove(): Promise<Outcome> {
    const outcome = await this.run(['reset', '--yes']);
    rmSync(this.#above, { recursive: true, force: true });
    // What all installs of that user share; this machine has no such user.
    if (this.#asUser && process.getuid?.() === 0) {
      rmSync(`/tmp/cynode-${unprivileged}`, { recursive: true, force: true });
    }
    return outcome;
  }
}
