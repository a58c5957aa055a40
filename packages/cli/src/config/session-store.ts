import { defaultGatewayUrl } from '@cynodeai/contracts/common';
import { CliError } from '../base/cli-error.ts';
import type { StoredConfig } from './config-document.ts';
import type { ConfigFile } from './config-file.ts';
import type { CredentialHelper } from './credential-helper.ts';
import { isMarkOf, markOf, originOf } from './gateway-address.ts';
import {
  type KeptSession,
  type Session,
  documentOf,
  packSessions,
  sessionOf,
  unpackSessions,
} from './session.ts';

export interface SessionStoreOptions {
  readonly file: ConfigFile;
  /** Resolved at first use only, so that commands without a session never start or complain about one. */
  readonly helper: () => Promise<CredentialHelper | undefined>;
}

/** A gateway that a session is asked of or kept for. */
export interface Issuer {
  /** Scheme, host and port. */
  readonly origin: string;
  /** False for an address of the environment, which is never written. */
  readonly isWritten: boolean;
}

export interface FoundSession {
  readonly session: Session | undefined;
  readonly kept: readonly KeptSession[];
  /** Whether all that were looked at had a mark already. */
  readonly isMarked: boolean;
}

/** Whose the sessions are that versions before kept without a mark: of the gateway the file is about. */
function fileOriginOf({ gatewayUrl = defaultGatewayUrl }: StoredConfig): string | undefined {
  return originOf(gatewayUrl);
}

/**
 * Where the sessions of this user are kept: with the helper when one is configured, else in the config file. A session
 * is handed out for the gateway that issued it, and for no other.
 * See docs/reference/cli.md#session-of-the-client.
 */
export class SessionStore {
  readonly #file: ConfigFile;
  readonly #helper: () => Promise<CredentialHelper | undefined>;

  constructor(options: SessionStoreOptions) {
    this.#file = options.file;
    this.#helper = options.helper;
  }

  /** The session of a gateway now: of the file, else of the helper. @throws CliError `internal` when the helper fails. */
  async read(origin: string): Promise<Session | undefined> {
    return (await this.find(origin)).session;
  }

  /** The same, with all that were looked at. @throws CliError `internal` when the helper fails. */
  async find(origin: string): Promise<FoundSession> {
    const config = await this.#file.read();
    const isInFile = sessionFor(this.#ofFile(config), origin) !== undefined;
    const found = isInFile ? config.sessions : [...config.sessions, ...(await this.#ofHelper())];
    const kept = this.#marked(config, found);
    return { session: sessionFor(kept, origin), kept, isMarked: areMarked(found) };
  }

  /** Those of the file. */
  async inFile(): Promise<readonly KeptSession[]> {
    return this.#ofFile(await this.#file.read());
  }

  /** Every session there is, those of the file first; each with the mark of its gateway. @throws CliError `internal` */
  async all(): Promise<readonly KeptSession[]> {
    const config = await this.#file.read();
    return [...this.#ofFile(config), ...this.#marked(config, await this.#ofHelper())];
  }

  /** As `mark`, where it can be done: what cannot be written stays as it is. */
  async adopt(): Promise<void> {
    await this.lock(() => this.mark(), false).catch(() => {});
  }

  /**
   * Notes whose each session is that was kept without a mark; later changes of `gateway_url` do not hand it on. Call it
   * under `lock`, before such a change. @throws CliError `internal` where that cannot be noted.
   */
  async mark(): Promise<void> {
    await this.arrange();
    const helper = await this.#helper();
    if (helper === undefined) return;
    const known = unpackSessions(await helper.get());
    const marked = this.#marked(await this.#file.read(), known);
    if (areMarked(known) || !areMarked(marked)) return;
    await helper.store(packSessions(marked));
    if (areMarked(unpackSessions(await helper.get()))) return;
    throw new CliError(
      'internal',
      'the credential helper did not store whose its session is; have it answer {"token":"…","gateway":"http://HOST:PORT"} as the secret',
    );
  }

  /** @throws CliError `internal` when there is no place to keep a session; to be known before one is made. */
  requirePlace(): void {
    this.#file.requirePlace();
  }

  /**
   * Keeps a session in place of the one its gateway had; with a helper no token stays in the file. It never falls back
   * to the file. Call it under `lock`.
   */
  async save({ origin, isWritten }: Issuer, access: string, refresh: string): Promise<void> {
    const config = await this.#file.read();
    const helper = await this.#helper();
    const inFile = this.#ofFile(config);
    if (helper === undefined) {
      await this.#writeFile(config, replaced(inFile, { origin, isWritten }, access, refresh));
      return;
    }
    const known = this.#marked(config, unpackSessions(await helper.get()));
    const all = replaced([...known, ...inFile], { origin, isWritten }, access, refresh);
    await helper.store(packSessions(all));
    await this.#writeFile(config, []);
  }

  /** Forgets the sessions that are chosen, the file's part first. Call it under `lock`. */
  async clear(isChosen: (gateway: string | undefined) => boolean): Promise<void> {
    const config = await this.#file.read();
    const rest = (all: readonly KeptSession[]): KeptSession[] =>
      all.filter(({ gateway }) => !isChosen(gateway));
    await this.#writeFile(config, rest(this.#ofFile(config)));
    const helper = await this.#helper();
    if (helper === undefined) return;
    const known = this.#marked(config, unpackSessions(await helper.get()));
    const left = rest(known);
    if (left.length === 0) await helper.erase();
    else if (left.length < known.length) await helper.store(packSessions(left));
  }

  /** Puts the sessions of the file at their places, after the gateway it is about has changed. Call it under `lock`. */
  async arrange(): Promise<void> {
    const config = await this.#file.read();
    await this.#writeFile(config, this.#ofFile(config));
  }

  /** Runs `work` while no other cynork changes the session. */
  lock<T>(work: () => Promise<T>, create = true): Promise<T> {
    return this.#file.lock(work, create);
  }

  async #ofHelper(): Promise<KeptSession[]> {
    const helper = await this.#helper();
    return helper === undefined ? [] : unpackSessions(await helper.get());
  }

  #ofFile(config: StoredConfig): KeptSession[] {
    return this.#marked(config, config.sessions);
  }

  #marked(config: StoredConfig, all: readonly KeptSession[]): KeptSession[] {
    const origin = fileOriginOf(config);
    return all.map((kept) => ({ ...kept, gateway: kept.gateway ?? origin }));
  }

  /** The session of the gateway that the file names stands at its top; where it names none, the newest. */
  async #writeFile({ gatewayUrl }: StoredConfig, all: readonly KeptSession[]): Promise<void> {
    const own = gatewayUrl === undefined ? undefined : originOf(gatewayUrl);
    const isTop = ({ gateway }: KeptSession, index: number): boolean =>
      gatewayUrl === undefined ? index === 0 : own !== undefined && isMarkOf(gateway, own);
    const top = all.find(isTop);
    const others = all.filter((kept) => kept !== top);
    await this.#file.edit({
      token: top?.token,
      refresh_token: top?.refreshToken,
      token_gateway: top?.gateway,
      sessions: others.length === 0 ? undefined : others.map(documentOf),
    });
  }
}

const areMarked = (all: readonly KeptSession[]): boolean =>
  all.every(({ gateway }) => gateway !== undefined);

/** The session of a gateway among those that are kept. */
function sessionFor(all: readonly KeptSession[], origin: string): Session | undefined {
  const kept = all.find(({ gateway }) => isMarkOf(gateway, origin));
  return kept && sessionOf(kept);
}

/** With a session first, in place of those of its gateway; a mark that is written already may stay. */
function replaced(
  all: readonly KeptSession[],
  { origin, isWritten }: Issuer,
  token: string,
  refreshToken: string,
): readonly KeptSession[] {
  const isOwn = ({ gateway }: KeptSession): boolean => isMarkOf(gateway, origin);
  const known = isWritten ? undefined : all.find(isOwn)?.gateway;
  const gateway = known ?? markOf(origin, isWritten);
  return [{ gateway, token, refreshToken }, ...all.filter((kept) => !isOwn(kept))];
}
