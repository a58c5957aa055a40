import { parseJson } from '@cynodeai/runtime/std';
import { GatewayClient, GatewayError } from '@cynodeai/api-client';
import { type TokenResponse, gatewayRoutes } from '@cynodeai/contracts/gateway';
import { z } from 'zod';
import { readIfThere } from '../install/files.ts';
import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import type { Install } from '../install/install.ts';
import { takeLock } from '../install/lock.ts';
import { openSecrets } from '../install/secrets.ts';
import { LauncherError } from '../base/launcher-error.ts';

const sessionSchema = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  /** When the access token ends, ms since the epoch. */
  expires_at: z.number(),
});

type Session = z.infer<typeof sessionSchema>;

/** A token this close to its end is renewed before it is used, ms. */
const renewAheadMs = 30_000;

/** Handle of the first administrator. */
export const adminHandle = 'admin';

/** Session of the local administrator, kept in the state folder (0600) and renewed under a lock. */
export class LocalSession {
  readonly #install: Install;
  readonly #userAgent: string;
  #session: Session | undefined;

  constructor(install: Install, userAgent: string) {
    this.#install = install;
    this.#userAgent = userAgent;
    this.#session = this.#read();
  }

  /** An access token that is good for a while. */
  async token(): Promise<string> {
    if (this.#session === undefined || this.#session.expires_at - Date.now() < renewAheadMs) {
      await this.renew();
    }
    return this.#session?.access_token ?? '';
  }

  /** Gets a new session, unless another process has done so meanwhile. @throws LauncherError `stack`. */
  async renew(): Promise<void> {
    const used = this.#session?.access_token;
    await using _lock = await takeLock(`${this.#install.paths.locks}/session`);
    const stored = this.#read();
    const fresh = stored !== undefined && stored.expires_at - Date.now() >= renewAheadMs;
    this.#session = fresh && stored.access_token !== used ? stored : await this.#obtain(stored);
  }

  #read(): Session | undefined {
    try {
      return sessionSchema.parse(parseJson(readIfThere(this.#install.paths.session) ?? ''));
    } catch {
      // None yet, or damaged: a login makes another.
      return undefined;
    }
  }

  async #obtain(stored: Session | undefined): Promise<Session> {
    const client = new GatewayClient({
      baseUrl: this.#install.gatewayUrl,
      userAgent: this.#userAgent,
      proofKey: openSecrets(this.#install.paths).gatewayProof,
    });
    try {
      const tokens = (await refresh(client, stored)) ?? (await this.#logIn(client));
      const session = {
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        expires_at: Date.now() + tokens.expires_in * 1000,
      };
      writeFileAtomicSync(this.#install.paths.session, JSON.stringify(session));
      return session;
    } finally {
      await client.close();
    }
  }

  async #logIn(client: GatewayClient): Promise<TokenResponse> {
    const { adminPassword } = openSecrets(this.#install.paths);
    try {
      return await client.call(gatewayRoutes.login, {
        body: { handle: adminHandle, password: adminPassword.reveal() },
      });
    } catch (cause) {
      if (!(cause instanceof GatewayError) || cause.code !== 'auth') throw cause;
      throw new LauncherError(
        'stack',
        `the local administrator cannot log in: the password of user ${adminHandle} is not the one in ${this.#install.paths.secrets}/admin-password; if it was changed, write the new one into that file (mode 0600)`,
        { cause },
      );
    }
  }
}

async function refresh(
  client: GatewayClient,
  stored: Session | undefined,
): Promise<TokenResponse | undefined> {
  if (stored === undefined) return undefined;
  try {
    return await client.call(gatewayRoutes.refresh, {
      body: { refresh_token: stored.refresh_token },
    });
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'auth') return undefined;
    throw error;
  }
}
