import type { GatewayClient } from '@cynodeai/api-client';
import { GatewayError } from '@cynodeai/api-client';
import { Secret } from '@cynodeai/runtime/config';
import { messageOf } from '@cynodeai/runtime/std';
import type { Issuer, SessionStore } from '../config/session-store.ts';
import type { Session } from '../config/session.ts';
import { exitCodeOf, isSignal } from '../base/exit-code.ts';
import type { Notes } from '@cynodeai/command-line/output';

/** A session that somebody else keeps and renews. */
interface OtherSession {
  /** One that is good for a while. */
  readonly token: () => Promise<string>;
  /** The same, where it is kept already. */
  readonly stored: () => string | undefined;
  readonly renew: () => Promise<void>;
}

export interface TokensOptions {
  readonly envToken: Secret | undefined;
  readonly sessions: SessionStore;
  /** Whose session is asked for. */
  readonly issuer: Issuer;
  /** Whether a session may be made or renewed, and what is found of a version before moved. */
  readonly mayWrite: boolean;
  /** Taken where none is kept for this gateway, and never where that could not be found out. */
  readonly local: (() => Promise<OtherSession>) | undefined;
  readonly notes: Notes;
}

/**
 * The access token of this process: resolved once, at the first need, and renewed once.
 * See docs/reference/cli.md#session-of-the-client.
 */
export class Tokens {
  readonly #options: TokensOptions;
  #session: Promise<Session | undefined> | undefined;
  #other: Promise<OtherSession> | undefined;
  /** Gateways whose sessions are kept, known once the token was asked for. */
  kept: readonly string[] = [];
  #renewed = false;
  /** Nobody knows whether one is kept. */
  #isUnread = false;

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  /** The token to send; undefined when there is none. A helper that fails costs one warning. */
  async current(): Promise<string | undefined> {
    const { envToken, local, mayWrite } = this.#options;
    if (envToken !== undefined) return envToken.reveal();
    this.#session ??= this.#readStored();
    const stored = await this.#session;
    const isNoneKept = stored === undefined && !this.#isUnread;
    if (!isNoneKept || local === undefined) return stored?.access?.reveal();
    this.#other ??= local();
    const other = await this.#other;
    return mayWrite ? other.token() : other.stored();
  }

  /**
   * Exchanges the refresh token after a 401, once per process and under a lock; another process
   * that was faster has its token used. False when nothing can be renewed, always so with
   * `CYNORK_TOKEN`. See docs/reference/cli.md#requests.
   */
  async renew(client: GatewayClient): Promise<boolean> {
    if (this.#options.envToken !== undefined || this.#renewed) return false;
    const used = await this.current();
    const { sessions, issuer } = this.#options;
    if (this.#other !== undefined) {
      await (await this.#other).renew();
      this.#renewed = true;
      return true;
    }
    return sessions.lock(async () => {
      const stored = await sessions.read(issuer.origin).catch((error: unknown) => {
        if (isSignal(error)) throw error;
        return undefined;
      });
      if (stored?.access !== undefined && stored.access.reveal() !== used) {
        this.#session = Promise.resolve(stored);
        return true;
      }
      if (stored?.refresh === undefined) return false;
      try {
        this.#session = Promise.resolve(await exchange(client, sessions, issuer, stored.refresh));
      } catch (error) {
        if (error instanceof GatewayError) return false;
        throw error;
      }
      this.#renewed = true;
      return true;
    });
  }

  async #readStored(): Promise<Session | undefined> {
    const { sessions, notes, issuer, mayWrite } = this.#options;
    try {
      const { session, kept, isMarked } = await sessions.find(issuer.origin);
      if (mayWrite && !isMarked) await sessions.adopt();
      this.kept = kept.flatMap(({ gateway }) => gateway ?? []);
      return session;
    } catch (error) {
      if (isSignal(error) || exitCodeOf(error) === 2) throw error;
      this.#isUnread = true;
      await notes.warn(messageOf(error));
      return undefined;
    }
  }
}

/** Rotates the refresh token and keeps the new pair. Call it under the store's lock. @throws GatewayError */
export async function exchange(
  client: GatewayClient,
  sessions: SessionStore,
  issuer: Issuer,
  refresh: Secret,
): Promise<Session> {
  const { gatewayRoutes } = await import('@cynodeai/contracts/gateway');
  const answer = await client.call(gatewayRoutes.refresh, {
    body: { refresh_token: refresh.reveal() },
  });
  await sessions.save(issuer, answer.access_token, answer.refresh_token);
  return { access: new Secret(answer.access_token), refresh: new Secret(answer.refresh_token) };
}
