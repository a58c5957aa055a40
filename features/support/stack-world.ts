import { parseJson } from '@cynodeai/runtime/std';
import { type Answer, at, Child, send, textAt } from '@cynodeai/testing/harness';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { root } from './orchestrator.ts';

/** One install for the whole run, as a newcomer would have it after the first command. */
let install: { readonly home: string } | undefined;

const pathDirectories = [
  join(process.execPath, '..'),
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

/** How a command line ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Splits a command line as a person would type it: blanks, single quotes, no expansion. */
export function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** What a scenario on the whole stack works with. */
export class StackWorld {
  #files: string | undefined;
  /** What a scenario adds to the environment of its commands. */
  readonly extraEnv: Record<string, string> = {};
  last: Ended = { code: -1, stdout: '', stderr: '' };

  /** Folder of this scenario's files, made when it is first asked for. */
  get files(): string {
    this.#files ??= mkdtempSync(join(tmpdir(), 'cyn-files-'));
    return this.#files;
  }

  get config(): string {
    return join(this.files, 'cynork.yaml');
  }

  get home(): string {
    if (install === undefined) throw new Error('the stack is not running');
    return install.home;
  }

  get adminPassword(): string {
    return readFileSync(join(this.home, 'secrets/admin-password'), 'utf8').trim();
  }

  /** Environment of the commands under test: little more than a login shell has. */
  env(): Record<string, string> {
    return {
      PATH: pathDirectories.join(':'),
      HOME: this.files,
      CYNODE_HOME: this.home,
      CYNORK_GATEWAY_URL: this.gateway,
      ...this.extraEnv,
    };
  }

  /** Starts the stack unless it runs. */
  async start(): Promise<void> {
    if (install !== undefined) return;
    install = { home: mkdtempSync(join(tmpdir(), 'cyn-home-')) };
    const first = await this.cynode('run', '--yes', '--commands', 'true');
    if (first.code !== 0)
      throw new Error(`the first run exited with ${first.code}:\n${first.stderr}`);
  }

  spawn(program: string, args: readonly string[], input?: string): Child {
    return new Child(join(root, program), args, {
      cwd: this.files,
      env: this.env(),
      ...(input !== undefined && { input }),
    });
  }

  async cynode(...args: readonly string[]): Promise<Ended> {
    return this.ended(this.spawn('cynode', args));
  }

  /** Its output goes into a file of the machine, as a shell does it. */
  async cynodeInto(path: string, args: readonly string[]): Promise<Ended> {
    const script = `exec "$0" "$@" > ${path}`;
    const child = new Child('/bin/sh', ['-c', script, join(root, 'cynode'), ...args], {
      cwd: this.files,
      env: this.env(),
    });
    return this.ended(child);
  }

  async cynork(args: readonly string[], input?: string): Promise<Ended> {
    return this.ended(this.spawn('cynork', ['--config', this.config, ...args], input));
  }

  async ended(child: Child): Promise<Ended> {
    const code = await child.ended;
    this.last = { code, stdout: child.stdout, stderr: child.stderr };
    return this.last;
  }

  get gateway(): string {
    const settings: unknown = parseJson(readInstall(this.home));
    return `http://127.0.0.1:${String(at(settings, 'ports.userGateway'))}`;
  }

  /** What `cynode status` says, as data. */
  async status(): Promise<unknown> {
    const { stdout } = await this.cynode('status', '--output', 'json');
    return parseJson(stdout);
  }

  /** Files of this name in the workspaces of jobs that run now. */
  jobFiles(name: string): readonly string[] {
    return globSync(join(this.home, 'node/sandbox_mounts/*/workspace', name));
  }

  async login(): Promise<string> {
    const login = await send('POST', `${this.gateway}/v1/auth/login`, {
      json: { handle: 'admin', password: this.adminPassword },
    });
    return textAt(login.json, 'access_token');
  }

  async get(path: string, token: string): Promise<Answer> {
    return send('GET', `${this.gateway}${path}`, { token });
  }

  close(): void {
    if (this.#files !== undefined) rmSync(this.#files, { recursive: true, force: true });
  }
}

function readInstall(home: string): string {
  try {
    return readFileSync(join(home, 'install.json'), 'utf8');
  } catch {
    return '{"ports":{"userGateway":0}}';
  }
}

/** Stops the stack of this run and removes its state. */
export async function stopStack(): Promise<void> {
  if (install === undefined) return;
  const world = new StackWorld();
  const down = await world.cynode('reset', '--yes');
  const { home } = install;
  install = undefined;
  world.close();
  rmSync(home, { recursive: true, force: true });
  if (down.code !== 0) throw new Error(`reset exited with ${down.code}:\n${down.stderr}`);
}
