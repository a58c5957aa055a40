import { type TokenResponse, gatewayRoutes, localSessionRoute } from '@cynodeai/contracts/gateway';
import type { Secret } from '@cynodeai/runtime/config';
import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import { parseJson } from '@cynodeai/runtime/std';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { GatewayClient } from '../gateway-client.ts';
import { GatewayError } from '../gateway-error.ts';
import type { LocalPlace } from './local-place.ts';

const sessionSchema = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  /** When the access token ends, ms since the epoch. */
  expires_at: z.number(),
});

type Session = z.infer<typeof sessionSchema>;

/** A token this close to its end is renewed before it is used, ms. */
const renewAheadMs = 30_000;

function isFresh(session: Session | undefined): session is Session {
  return session !== undefined && session.expires_at - Date.now() >= renewAheadMs;
}

/** Handle of the first administrator. */
const adminHandle = 'admin';

export interface LocalSessionOptions {
  readonly place: Pick<LocalPlace, 'session' | 'sessionLock' | 'adminPassword'>;
  readonly gatewayUrl: string;
  readonly userAgent: string;
  /** What the gateway must prove to hold before it is told a password or a token. */
  readonly proofKey: Secret;
  readonly password: () => Secret;
  /** Takes the lock at this path; one process at a time renews. */
  readonly lock: (path: string) => Promise<AsyncDisposable>;
  /** Ends a renewal. */
  readonly signal?: AbortSignal;
}

/** Session of the local administrator, kept in the state folder (0600) and renewed under a lock. */
export class LocalSession {
  readonly #options: LocalSessionOptions;
  #session: Session | undefined;

  constructor(options: LocalSessionOptions) {
    this.#options = options;
    this.#session = this.#read();
  }

  /** An access token that is good for a while. */
  async token(): Promise<string> {
    if (this.stored() === undefined) await this.renew();
    return this.#session?.access_token ?? '';
  }

  /** The access token that is kept, where it is good for a while. */
  stored(): string | undefined {
    return isFresh(this.#session) ? this.#session.access_token : undefined;
  }

  /** Gets a new session, unless another process has done so meanwhile. @throws GatewayError */
  async renew(): Promise<void> {
    const used = this.#session?.access_token;
    await using _lock = await this.#options.lock(this.#options.place.sessionLock);
    const stored = this.#read();
    const isNew = isFresh(stored) && stored.access_token !== used;
    this.#session = isNew ? stored : await this.#obtain(stored);
  }

  #read(): Session | undefined {
    try {
      return sessionSchema.parse(parseJson(readFileSync(this.#options.place.session, 'utf8')));
    } catch {
      // None yet, or damaged: a login makes another.
      return undefined;
    }
  }

  async #obtain(stored: Session | undefined): Promise<Session> {
    const { gatewayUrl: baseUrl, userAgent, proofKey, place, signal } = this.#options;
    const client = new GatewayClient({ baseUrl, userAgent, proofKey, ...(signal && { signal }) });
    try {
      const tokens =
        (await refresh(client, stored)) ??
        (await openLocal(client, proofKey)) ??
        (await this.#logIn(client));
      const session = {
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        expires_at: Date.now() + tokens.expires_in * 1000,
      };
      writeFileAtomicSync(place.session, JSON.stringify(session));
      return session;
    } finally {
      await client.close();
    }
  }

  /** For a gateway of before there was another way. */
  async #logIn(client: GatewayClient): Promise<TokenResponse> {
    const { password, place } = this.#options;
    try {
      return await client.call(gatewayRoutes.login, {
        body: { handle: adminHandle, password: password().reveal() },
      });
    } catch (cause) {
      if (!(cause instanceof GatewayError) || cause.code !== 'auth') throw cause;
      throw new GatewayError(
        'auth',
        `the local administrator cannot log in: the password of user ${adminHandle} is not the one in ${place.adminPassword}; if it was changed, write the new one into that file (mode 0600)`,
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

/** A session by the key of the install, whatever the password is by now; undefined where the gateway knows no such way. */
async function openLocal(client: GatewayClient, key: Secret): Promise<TokenResponse | undefined> {
  // Needed once in a month, and not at every start of a client.
  const { installProof } = await import('@cynodeai/runtime/crypto');
  const call = { at: new Date(), nonce: randomBytes(32).toString('base64url') };
  const body = { at: call.at.toISOString(), nonce: call.nonce, proof: installProof(key, call) };
  try {
    return await client.call(localSessionRoute, { body });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (error.code === 'not_found') return undefined;
    if (error.code !== 'auth') throw error;
    throw new GatewayError('auth', `the local administrator gets no session: ${error.message}`, {
      cause: error,
    });
  }
}
