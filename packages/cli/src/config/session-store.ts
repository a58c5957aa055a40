import type { ConfigFile } from './config-file.ts';
import type { CredentialHelper } from './credential-helper.ts';
import { packSession, type Session, sessionOf, unpackSession } from './session.ts';

export interface SessionStoreOptions {
  readonly file: ConfigFile;
  /** Resolved at first use only, so that commands without a session never start or complain about one. */
  readonly helper: () => Promise<CredentialHelper | undefined>;
}

/** Where the session of this user is kept: the helper when one is configured, else the config file. */
export class SessionStore {
  readonly #file: ConfigFile;
  readonly #helper: () => Promise<CredentialHelper | undefined>;

  constructor(options: SessionStoreOptions) {
    this.#file = options.file;
    this.#helper = options.helper;
  }

  /** The session now: token of the file, else of the helper. @throws CliError `internal` when the helper fails. */
  async read(): Promise<Session | undefined> {
    const config = await this.#file.read();
    if (config.token !== undefined) return sessionOf(config.token, config.refreshToken);
    const helper = await this.#helper();
    const kept = helper === undefined ? undefined : unpackSession(await helper.get());
    return kept ?? sessionOf(undefined, config.refreshToken);
  }

  /** @throws CliError `internal` when there is no place to keep a session; to be known before one is made. */
  requirePlace(): void {
    this.#file.requirePlace();
  }

  /** Keeps a session; with a helper no token stays in the file. It never falls back to the file. Call it under `lock`. */
  async save(access: string, refresh: string): Promise<void> {
    const helper = await this.#helper();
    if (helper === undefined) {
      await this.#file.edit({ token: access, refresh_token: refresh });
      return;
    }
    await helper.store(packSession(access, refresh));
    await this.#file.edit({ token: undefined, refresh_token: undefined });
  }

  /** Forgets the session, the file's part first. Call it under `lock`. */
  async clear(): Promise<void> {
    await this.#file.edit({ token: undefined, refresh_token: undefined });
    await (await this.#helper())?.erase();
  }

  /** Runs `work` while no other cynork changes the session. */
  lock<T>(work: () => Promise<T>, create = true): Promise<T> {
    return this.#file.lock(work, create);
  }
}
