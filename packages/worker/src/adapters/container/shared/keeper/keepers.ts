import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { limits } from '@cynodeai/contracts/common';
import { WorkerError } from '../../../../domain/errors.ts';
import { checkNamePrefix } from '../../../../domain/sandbox/naming.ts';
import { FolderWatch } from '../folder-watch.ts';
import { programPath } from '../host.ts';
import { isRunning, killGroup } from '../host-process.ts';
import { clockNumber, keeperProgram } from './keeper-program.ts';
import { type KeptEnd, SpoolReader, type SpoolSinks } from './spool.ts';

/** What a keeper is to keep. */
export type Kept =
  | {
      readonly kind: 'client';
      readonly command: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      /** Variables that only the client may see, and no program before it. */
      readonly more: Readonly<Record<string, string>>;
      /** What the client reads as descriptor 3. */
      readonly file: string;
    }
  | { readonly kind: 'daemon'; readonly socketPath: string; readonly id: string };

/** A run that is kept, for this process to follow. */
export interface KeptRun {
  /** Hands on its output from the beginning; resolves with its end, which is undefined when its keeper is gone without one. */
  follow(sinks: SpoolSinks): Promise<KeptEnd | undefined>;
  /** Kills the keeper and the client with it. */
  kill(): void;
}

/** A run that an earlier process of the node began. */
export interface AdoptedRun {
  readonly name: string;
  readonly kept: KeptRun;
}

/** Of the spools that no later process of the node may go on with. */
const privatePrefix = '.private-';
/** Of files that have no name for longer than it takes to open them. */
const [filePrefix, morePrefix] = ['.file-', '.more-'];
const ownPrefixes = [privatePrefix, filePrefix, morePrefix];

/** No check takes as long, ms: what is older was left by a process that was killed. */
const leftAfterMs = 120_000;

const silent: SpoolSinks = { stdout: { write: () => {} }, stderr: { write: () => {} } };

/**
 * Descriptor of a file without a name that holds the text: nobody can find it, and it is gone with the last process
 * that has it. Like the job's directories it is made at once, because the thread pool would cost ten times the work.
 */
function namelessFile(path: string, text: string): number {
  const made = openSync(path, 'wx+', 0o600);
  try {
    writeFileSync(made, text);
    // Read from its beginning, whoever wrote it.
    return openSync(path, 'r');
  } finally {
    unlinkSync(path);
    closeSync(made);
  }
}

/**
 * Runs that outlive this process, by the names of their containers: each has a keeper of its own and a spool in one
 * folder. See docs/reference/sandbox.md#keepers.
 */
export class Keepers implements Disposable {
  readonly #dir: string;
  readonly #watch: FolderWatch;

  /** The folder is there already, for this user alone. */
  constructor(dir: string) {
    this.#dir = dir;
    this.#watch = new FolderWatch(dir);
  }

  /**
   * Begins a run. An earlier one of that name is over. One that is private is followed by this process alone: `find` and
   * `names` do not give it. @throws WorkerError `internal` without a keeper
   */
  start(name: string, kept: Kept, isPrivate = false): KeptRun {
    this.forget(name);
    const spoolName = isPrivate ? `${privatePrefix}${name}` : name;
    const path = this.#path(spoolName);
    const opened: number[] = [openSync(path, 'ax', 0o600)];
    try {
      const words =
        kept.kind === 'client' ? ['client', ...kept.command] : ['daemon', kept.socketPath, kept.id];
      const [file, more] = kept.kind === 'client' ? [kept.file, kept.more] : ['', {}];
      opened.push(namelessFile(this.#path(`${filePrefix}${name}`), file));
      opened.push(namelessFile(this.#path(`${morePrefix}${name}`), variables(more)));
      const [spool, descriptor3, descriptor5] = opened;
      const numbers = [limits.outputStreamBytes, limits.outputTailBytes, clockNumber(process.arch)];
      const args = ['-e', keeperProgram, name, ...numbers.map(String), ...words];
      const child = spawn('perl', args, {
        env: kept.kind === 'client' ? kept.env : { PATH: programPath },
        cwd: '/',
        // A session of its own: a terminal's signals do not reach it, and neither does our end.
        detached: true,
        stdio: ['ignore', 'ignore', 'ignore', descriptor3, spool, descriptor5],
      });
      child.unref();
      return {
        follow: (sinks) => this.#followOwn(spoolName, child, sinks),
        kill: () => end(child),
      };
    } finally {
      for (const descriptor of opened) closeSync(descriptor);
    }
  }

  /** A run of an earlier process that is kept still, or that has told its end; undefined where there is none. */
  async find(name: string): Promise<KeptRun | undefined> {
    const keeper = await this.#keeperOf(name);
    if (keeper === undefined) return undefined;
    return {
      follow: (sinks) => this.#follow(name, sinks, () => isRunning(keeper)),
      // The number of one that has ended may be somebody else's.
      kill: () => void isRunning(keeper).then((runs) => runs && killGroup(keeper.pid)),
    };
  }

  /** Names of the runs that `find` would give. */
  async names(): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (const name of this.#all()) {
      if ((await this.#keeperOf(name)) !== undefined) found.add(name);
    }
    return found;
  }

  /** Nobody asks for this run any more. Its keeper, if it still runs, goes on to its end. */
  forget(name: string): void {
    for (const prefix of ['', ...ownPrefixes]) {
      rmSync(this.#path(`${prefix}${name}`), { force: true });
    }
  }

  /** Forgets the runs that do not live, and the checks that a killed process left. */
  forgetStrays(lives: (name: string) => boolean): void {
    for (const entry of readdirSync(this.#dir)) {
      const prefix = ownPrefixes.find((one) => entry.startsWith(one)) ?? '';
      const name = entry.slice(prefix.length);
      // A check is no job's: nobody can say whether it lives.
      const isStray = name.startsWith(checkNamePrefix) ? this.#isLeft(entry) : !lives(name);
      if (isStray) this.forget(name);
    }
  }

  /** Ends the watch; whoever still follows looks by itself. */
  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #all(): readonly string[] {
    return readdirSync(this.#dir).filter((name) => !name.startsWith('.'));
  }

  #isLeft(entry: string): boolean {
    const facts = statSync(this.#path(entry), { throwIfNoEntry: false });
    return facts !== undefined && Date.now() - facts.mtimeMs > leftAfterMs;
  }

  #path(name: string): string {
    return join(this.#dir, name);
  }

  async #keeperOf(name: string) {
    try {
      using reader = new SpoolReader(this.#path(name), silent);
      const end = reader.read();
      const { keeper } = reader;
      if (keeper === undefined) return undefined;
      const isKept = end === undefined ? await isRunning(keeper) : end.kind !== 'fault';
      return isKept ? keeper : undefined;
    } catch {
      return undefined;
    }
  }

  async #followOwn(name: string, child: ChildProcess, sinks: SpoolSinks) {
    let gone = false;
    const { promise: failed, reject } = Promise.withResolvers<never>();
    failed.catch(() => {});
    child.on('error', (cause) => {
      gone = true;
      reject(
        new WorkerError('internal', 'perl, which keeps sandboxes, cannot be started', { cause }),
      );
    });
    child.on('exit', () => (gone = true));
    const running = async (): Promise<boolean> => !gone && child.exitCode === null;
    return Promise.race([this.#follow(name, sinks, running, child), failed]);
  }

  /** Reads what comes until the end is there, or its keeper is gone without one. */
  async #follow(
    name: string,
    sinks: SpoolSinks,
    goesOn: () => Promise<boolean>,
    child?: ChildProcess,
  ): Promise<KeptEnd | undefined> {
    using reader = new SpoolReader(this.#path(name), sinks);
    const { promise, resolve, reject } = Promise.withResolvers<KeptEnd | undefined>();
    const look = async (): Promise<void> => {
      try {
        // Asked first: what is read behind it is all that a keeper which is gone has written.
        const goes = await goesOn();
        const end = reader.read();
        if (end !== undefined || !goes) resolve(end);
      } catch (error) {
        reject(error);
      }
    };
    let looking = Promise.resolve();
    let waits = false;
    const lookSoon = (): void => {
      // Those that come meanwhile are one.
      if (waits) return;
      waits = true;
      looking = looking.then(() => {
        waits = false;
        return look();
      });
    };
    const unwatch = this.#watch.onChange(name, lookSoon);
    child?.on('exit', lookSoon);
    lookSoon();
    try {
      return await promise;
    } finally {
      unwatch();
      child?.off('exit', lookSoon);
      await looking;
    }
  }
}

/** As the keeper reads them: what a variable may not hold separates them. */
function variables(more: Readonly<Record<string, string>>): string {
  return Object.entries(more)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('');
}

/** The number of one that has ended may be somebody else's. */
function end(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) killGroup(child.pid);
}
