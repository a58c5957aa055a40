import type { CurrentUser, RoleName, TokenResponse } from '@cynodeai/contracts/gateway';
import { ProblemError } from '@cynodeai/runtime/http';
import { type Clock, uuidv7 } from '@cynodeai/runtime/std';

/** A person with an account. */
export interface FakeUser {
  readonly id: string;
  readonly handle: string;
  readonly password: string;
  /** System roles. */
  readonly roles: RoleName[];
  readonly defaultProjectId: string;
  readonly createdAt: Date;
}

interface Session {
  readonly user: FakeUser;
  refreshToken: string;
  /** The token that was exchanged last, and when. */
  exchanged: { readonly token: string; readonly at: number } | undefined;
  expiresAt: number;
  readonly endsAt: number;
  isActive: boolean;
}

const dayMs = 86_400_000;
const refreshMs = 7 * dayMs;
const sessionMs = 30 * dayMs;
/** A client that races itself may present the token it just exchanged. */
const replayGraceMs = 10_000;
const failuresBeforeLock = 5;
const lockMs = 30_000;

function refuse(detail: string): never {
  throw new ProblemError('authentication', detail);
}

/**
 * Accounts and sessions of a fake gateway. Each token holds the word `canary`, so that a test sees where one gets to.
 * Left out: limits by address and by minute, and locks that grow.
 * See docs/reference/identity-and-policy.md#tokens.
 */
export class FakeIdentity {
  readonly #clock: Clock;
  readonly #users = new Map<string, FakeUser>();
  readonly #sessions: Session[] = [];
  readonly #access = new Map<string, { readonly session: Session; readonly expiresAt: number }>();
  readonly #failures = new Map<string, { readonly count: number; readonly at: number }>();
  #issued = 0;
  /** Life of access tokens from now on. */
  accessSeconds = 900;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  addUser(handle: string, password: string, id: string = uuidv7()): FakeUser {
    const user = {
      id,
      handle,
      password,
      roles: [],
      defaultProjectId: uuidv7(),
      createdAt: this.#clock.now(),
    };
    this.#users.set(handle, user);
    return user;
  }

  /** A user there is. */
  userOf(handle: string): FakeUser {
    const user = this.#users.get(handle);
    if (user === undefined) throw new Error(`there is no user ${handle}`);
    return user;
  }

  /** Opens a session; with an access token of the caller's choice when one is given. */
  openSession(user: FakeUser, accessToken?: string): TokenResponse {
    const now = this.#now();
    const session = {
      user,
      refreshToken: '',
      exchanged: undefined,
      expiresAt: now + refreshMs,
      endsAt: now + sessionMs,
      isActive: true,
    };
    this.#sessions.push(session);
    return this.#issue(session, accessToken);
  }

  login(wanted: string, password: string): TokenResponse {
    const handle = wanted.toLowerCase();
    const failures = this.#failures.get(handle) ?? { count: 0, at: 0 };
    const waitMs = failures.count < failuresBeforeLock ? 0 : failures.at + lockMs - this.#now();
    if (waitMs > 0) {
      const retryAfterSeconds = waitMs / 1000;
      throw new ProblemError('rate_limit', 'too many attempts', { retryAfterSeconds });
    }
    const user = this.#users.get(handle);
    if (user?.password !== password) {
      this.#failures.set(handle, { count: failures.count + 1, at: this.#now() });
      refuse('Invalid credentials');
    }
    this.#failures.delete(handle);
    return this.openSession(user);
  }

  refresh(token: string): TokenResponse {
    const now = this.#now();
    const session = this.#sessionOf(token);
    if (session !== undefined) {
      session.exchanged = { token, at: now };
      session.expiresAt = Math.min(now + refreshMs, session.endsAt);
      return this.#issue(session);
    }
    const replayed = this.#sessions.find(({ exchanged }) => exchanged?.token === token);
    if (replayed?.exchanged && now - replayed.exchanged.at > replayGraceMs) {
      replayed.isActive = false;
    }
    refuse('the refresh token is not valid');
  }

  logout(accessToken: string | undefined, refreshToken: string | undefined): void {
    const own = this.#liveAccess(accessToken);
    if (own === undefined && refreshToken === undefined) refuse('send a token');
    const named = refreshToken === undefined ? undefined : this.#sessionOf(refreshToken);
    for (const session of [own, named]) if (session) session.isActive = false;
  }

  /** Whose access token it is. @throws ProblemError `authentication`. */
  caller(accessToken: string | undefined): FakeUser {
    return this.#liveAccess(accessToken)?.user ?? refuse('the access token is not valid');
  }

  #now(): number {
    return this.#clock.now().getTime();
  }

  #isLive({ isActive, expiresAt }: Session): boolean {
    return isActive && expiresAt > this.#now();
  }

  #sessionOf(refreshToken: string): Session | undefined {
    return this.#sessions.find(
      (session) => session.refreshToken === refreshToken && this.#isLive(session),
    );
  }

  #liveAccess(token: string | undefined): Session | undefined {
    const found = token === undefined ? undefined : this.#access.get(token);
    if (found === undefined || found.expiresAt <= this.#now()) return undefined;
    return this.#isLive(found.session) ? found.session : undefined;
  }

  #issue(session: Session, accessToken?: string): TokenResponse {
    // A token of the caller's choice has its own numbering: the first login of a test is number 1.
    if (accessToken === undefined) this.#issued += 1;
    const access = accessToken ?? `access-canary-${this.#issued}`;
    session.refreshToken =
      accessToken === undefined ? `refresh-canary-${this.#issued}` : `refresh-of-${accessToken}`;
    this.#access.set(access, { session, expiresAt: this.#now() + this.accessSeconds * 1000 });
    return {
      access_token: access,
      refresh_token: session.refreshToken,
      token_type: 'Bearer',
      expires_in: this.accessSeconds,
    };
  }
}

/** A user as `GET /v1/users/me` shows them. */
export function currentUser(user: FakeUser): CurrentUser {
  return {
    id: user.id,
    handle: user.handle,
    is_active: true,
    roles: [...user.roles],
    group_ids: [],
    default_project_id: user.defaultProjectId,
    created_at: user.createdAt.toISOString(),
  };
}
