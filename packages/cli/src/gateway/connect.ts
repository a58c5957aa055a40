import { GatewayClient } from '@cynodeai/api-client';
import { transportOf } from '@cynodeai/contracts/common';
import { notLoggedIn, unusableToken } from '../base/cli-error.ts';
import type { Issuer, SessionStore } from '../config/session-store.ts';
import type { GatewayTarget } from '../config/gateway-target.ts';
import type { Settings } from '../config/settings.ts';
import type { Notes } from '@cynodeai/command-line/output';
import { packageVersion } from '../base/version.ts';
import { Tokens } from './tokens.ts';

export interface ConnectOptions {
  readonly target: GatewayTarget;
  readonly settings: Settings;
  readonly sessions: SessionStore;
  readonly notes: Notes;
  readonly signal: AbortSignal;
  /** Whether a session may be made, or renewed where it ran out. */
  readonly renew: boolean;
}

/** Who a session of this gateway is kept for. */
export function issuerOf({ origin, source }: GatewayTarget): Issuer {
  return { origin, isWritten: source !== 'environment' };
}

/** Says whose sessions there are, where there are any. */
function elsewhere(kept: readonly string[], url: string): string {
  if (kept.length === 0) return '';
  const names = kept.map((mark) => (mark.startsWith('http') ? mark : 'another gateway'));
  return `; the session of ${[...new Set(names)].join(' and of ')} is not sent to ${url}`;
}

/** A connection of a process to a gateway. */
export class Connection {
  readonly #options: ConnectOptions;
  readonly #tokens: Tokens;
  readonly #url: string;
  readonly client: GatewayClient;
  #warned = false;

  constructor(options: ConnectOptions) {
    const { target, settings, sessions, notes, signal, renew } = options;
    this.#options = options;
    this.#url = target.url;
    const { install } = target;
    this.#tokens = new Tokens({
      envToken: settings.envToken,
      sessions,
      issuer: issuerOf(target),
      mayWrite: renew,
      notes,
      local:
        target.source === 'install' && install !== undefined
          ? async () =>
              (await import('./local-session.ts')).localSessionOf(install, target.url, signal)
          : undefined,
    });
    this.client = new GatewayClient({
      baseUrl: this.#url,
      ...(install && { proofKey: install.proofKey }),
      authority: target.authority,
      userAgent: `cynork/${packageVersion}`,
      signal,
      token: () => this.#tokens.current(),
      onUnauthorized: async () => renew && this.#tokens.renew(this.client),
    });
  }

  /** The client, once it is sure that there is a token to send. @throws CliError `auth`. */
  async authenticated(): Promise<GatewayClient> {
    const token = await this.#tokens.current();
    const { loginCommand } = this.#options.settings;
    if (!token) {
      await this.#options.notes.progress(
        `the gateway is ${this.#url}; on its own machine cynode status names the file with the first password of user admin`,
      );
      throw notLoggedIn(loginCommand, elsewhere(this.#tokens.kept, this.#url));
    }
    // Such a token could not even be put into a header.
    if (!/^[\x21-\x7E]+$/.test(token)) throw unusableToken(loginCommand);
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
