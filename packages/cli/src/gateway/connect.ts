import { GatewayClient } from '@cynodeai/api-client';
import { transportOf } from '@cynodeai/contracts/common';
import { notLoggedIn, unusableToken } from '../base/cli-error.ts';
import type { SessionStore } from '../config/session-store.ts';
import type { Settings } from '../config/settings.ts';
import type { Notes } from '@cynodeai/command-line/output';
import { packageVersion } from '../base/version.ts';
import { Tokens } from './tokens.ts';

export interface ConnectOptions {
  readonly settings: Settings;
  readonly sessions: SessionStore;
  readonly notes: Notes;
  readonly signal: AbortSignal;
  /** Whether a session that ran out is renewed. */
  readonly renew: boolean;
}

/** The one connection of a process to its gateway. */
export class Connection {
  readonly #options: ConnectOptions;
  readonly #tokens: Tokens;
  readonly #url: string;
  readonly client: GatewayClient;
  #warned = false;

  /** @throws CliError `usage` when the gateway's address cannot be used. */
  constructor(options: ConnectOptions) {
    const { settings, sessions, notes, signal, renew } = options;
    this.#options = options;
    this.#url = settings.gatewayUrl();
    this.#tokens = new Tokens({ envToken: settings.envToken, sessions, notes });
    this.client = new GatewayClient({
      baseUrl: this.#url,
      userAgent: `cynork/${packageVersion}`,
      signal,
      token: () => this.#tokens.current(),
      onUnauthorized: async () => renew && this.#tokens.renew(this.client),
    });
  }

  /** The client, once it is sure that there is a token to send. @throws CliError `auth`. */
  async authenticated(): Promise<GatewayClient> {
    const token = await this.#tokens.current();
    if (!token) {
      await this.#options.notes.progress(
        `the gateway is ${this.#url}; on its own machine cynode status names the file with the password of user admin`,
      );
      throw notLoggedIn();
    }
    // Such a token could not even be put into a header.
    if (!/^[\x21-\x7E]+$/.test(token)) throw unusableToken();
    return this.signingIn();
  }

  /**
   * The client for calls that carry secrets: warns once before one crosses a network in the clear.
   * See docs/reference/cli.md#gateway-address.
   */
  async signingIn(): Promise<GatewayClient> {
    if (!this.#warned && transportOf(this.#url) === 'plain') {
      this.#warned = true;
      const { host } = new URL(this.#url);
      await this.#options.notes.warn(
        `${host} is reached over plain http; others on the network can read what is sent`,
      );
    }
    return this.client;
  }
}
