import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { at, errorCodeOf } from '@cynodeai/runtime/std';
import { CliError } from '../base/cli-error.ts';
import { holdLock } from '../base/hold-lock.ts';
import type { StoredConfig } from './config-document.ts';

type WrittenKey =
  'gateway_url' | 'token' | 'refresh_token' | 'token_gateway' | 'sessions' | 'contexts';

/** Values of the known keys that are ever written; undefined removes one. */
export type ConfigEdits = Readonly<Partial<Record<WrittenKey, unknown>>>;

/** What there is without a file. */
const emptyConfig: StoredConfig = { sessions: [], contexts: new Map() };

function isMissing(error: unknown): boolean {
  const code = errorCodeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/**
 * The config file as it is on disk. Reading creates nothing.
 * See docs/reference/cli.md#configuration.
 */
export class ConfigFile {
  readonly #path: string | undefined;

  /** @param path undefined when no path can be determined: reading gives an empty config, writing fails. */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** @throws CliError `usage` when the file exists and cannot be used. */
  async read(): Promise<StoredConfig> {
    const source = await this.#source();
    if (source === undefined) return emptyConfig;
    const { parseConfigDocument, readConfigDocument } = await import('./config-document.ts');
    return readConfigDocument(source.path, parseConfigDocument(source.path, source.text));
  }

  /** True when others than the owner may read or write the file. */
  async isExposed(): Promise<boolean> {
    if (this.#path === undefined) return false;
    const found = await stat(this.#path).catch(() => undefined);
    return found !== undefined && (found.mode & 0o077) !== 0;
  }

  /**
   * Sets keys, or removes those given as undefined, and keeps everything else; nothing is written when nothing changes.
   * Call it under `lock`. @throws CliError `internal` when it cannot be written.
   */
  async edit(edits: ConfigEdits): Promise<void> {
    const path = this.#writablePath();
    const source = await this.#source();
    if (source === undefined && Object.values(edits).every((value) => value === undefined)) return;
    const { parseConfigDocument } = await import('./config-document.ts');
    const document = parseConfigDocument(path, source?.text ?? '');
    const before: unknown = document.toJS({ maxAliasCount: 10 });
    let changed = false;
    for (const [key, value] of Object.entries(edits)) {
      if (isDeepStrictEqual(at(before, key), value)) continue;
      if (value === undefined) document.delete(key);
      else document.set(key, document.createNode(value));
      changed = true;
    }
    if (!changed) return;
    const target = source === undefined ? path : await realpath(path);
    const { writeFileAtomic } = await import('@cynodeai/runtime/files');
    try {
      // What killed writers left behind holds tokens.
      await writeFileAtomic(target, String(document), { alone: true });
    } catch (cause) {
      throw new CliError('internal', `cannot write the config file ${target}`, { cause });
    }
  }

  /** @throws CliError `internal` when nothing says where the file would be. */
  requirePlace(): void {
    this.#writablePath();
  }

  /** Runs `work` while no other cynork changes this file. A missing folder is made only when `create` is set. */
  async lock<T>(work: () => Promise<T>, create: boolean): Promise<T> {
    const path = this.#writablePath();
    const folder = dirname(path);
    if (create) {
      await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
        throw new CliError('internal', `cannot create the folder ${folder}`, { cause });
      });
    } else if ((await stat(folder).catch(() => undefined)) === undefined) {
      return work();
    }
    const lock = join(folder, `.${basename(path)}.lock`);
    await using _lock = await holdLock(lock, 'another cynork');
    // Awaited here: a returned promise would let go of the lock before it is settled.
    const result = await work();
    return result;
  }

  #writablePath(): string {
    if (this.#path !== undefined) return this.#path;
    throw new CliError(
      'internal',
      'no place for the config file: set HOME or XDG_CONFIG_HOME, or give --config',
    );
  }

  async #source(): Promise<{ readonly path: string; readonly text: string } | undefined> {
    const path = this.#path;
    if (path === undefined) return undefined;
    try {
      return { path, text: await readFile(path, 'utf8') };
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw new CliError('usage', `config file ${path} cannot be read`, { cause });
    }
  }
}
