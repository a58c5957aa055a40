import type { LoginAttempt } from '../domain/identity/lockout.ts';
import type { UserSession } from '../domain/identity/actor.ts';

/** Where an authentication call came from, for the audit row. */
export interface ClientContext {
  readonly ip: string;
  readonly userAgent: string | undefined;
}

/** The session a valid access token names; it may have ended meanwhile. */
export interface SessionRef {
  readonly sessionId: string;
  readonly userId: string;
}

/** An active or inactive user that a login names. */
export interface LoginCandidate {
  readonly userId: string;
  readonly handle: string;
  readonly isActive: boolean;
  /** PHC string; absent when the user has no password that can be checked. */
  readonly passwordHash: string | undefined;
}

/** Why an attempt failed, as the audit log names it. */
export type LoginFailureReason =
  | 'unknown_handle'
  | 'user_inactive'
  | 'no_credential'
  | 'wrong_password'
  /** The user was disabled or got another password while this one was checked. */
  | 'changed_meanwhile';

/** A failed login of somebody there is. */
export interface LoginFailure {
  /** The user's handle. */
  readonly subject: string;
  readonly userId: string;
  readonly reason: LoginFailureReason;
  readonly client: ClientContext;
  readonly at: Date;
}

export interface NewSession {
  readonly id: string;
  readonly userId: string;
  readonly handle: string;
  readonly tokenHash: Buffer;
  readonly expiresAt: Date;
  readonly at: Date;
  readonly client: ClientContext;
  /** The stored hash the password was checked against. */
  readonly verifiedHash: string;
  /** Replaces `verifiedHash`, when that is weaker than today's setting. */
  readonly freshHash: string | undefined;
}

export interface Rotation {
  readonly presentedHash: Buffer;
  readonly newHash: Buffer;
  readonly at: Date;
  /** New end of the session; never later than its absolute limit. */
  readonly expiresAt: Date;
  /** Longest life of a session after its login, ms. */
  readonly absoluteLifeMs: number;
  readonly client: ClientContext;
}

export interface RotatedSession extends SessionRef {
  readonly handle: string;
}

export interface RefusedRefresh {
  readonly presentedHash: Buffer;
  readonly at: Date;
  /** A replay older than this after the rotation ends the session, ms. */
  readonly replayGraceMs: number;
  readonly client: ClientContext;
}

/** Whose refresh token it was. */
export interface TokenOwner {
  readonly userId: string;
  readonly handle: string;
}

export interface SessionsToClose {
  readonly sessionId: string | undefined;
  readonly tokenHash: Buffer | undefined;
  readonly at: Date;
  readonly client: ClientContext;
}

/** Users, sessions and their audit rows; every change and its audit row are one transaction. */
export interface IdentityStore {
  /** The caller of a live session, with groups and roles as they are now; undefined unless session and user are active. */
  findSession(session: SessionRef, now: Date): Promise<UserSession | undefined>;
  findLogin(handle: string): Promise<LoginCandidate | undefined>;
  /** The latest attempts of a subject that reached the password check, newest first. */
  recentAttempts(subject: string, limit: number): Promise<readonly LoginAttempt[]>;
  /** Writes a login that failed at the password check; the lockout counts these. */
  recordLoginFailure(failure: LoginFailure): Promise<void>;
  /** False, and nothing is stored, when user or password changed since the password was checked. */
  openSession(session: NewSession): Promise<boolean>;
  /**
   * One atomic statement: of parallel calls with one token at most one succeeds.
   * See docs/reference/identity-and-policy.md#tokens.
   */
  rotateSession(rotation: Rotation): Promise<RotatedSession | undefined>;
  /** Whose token came again after its exchange, if anybody's; ends the session when it came late. */
  refuseRefresh(refused: RefusedRefresh): Promise<TokenOwner | undefined>;
  /** Ends the sessions named; unknown ones are no error. */
  closeSessions(sessions: SessionsToClose): Promise<void>;
  /** Forgets sessions that are past their end; says how many. */
  removeExpiredSessions(now: Date): Promise<number>;
}

/** Signed access tokens. See docs/reference/identity-and-policy.md#tokens. */
export interface AccessTokens {
  issue(session: RotatedSession, now: Date, expiresAt: Date): Promise<string>;
  /** Who a token names, or undefined when it is not a valid, unexpired access token. */
  verify(token: string, now: Date): Promise<SessionRef | undefined>;
}

/** Opaque refresh tokens; only hashes are kept. */
export interface RefreshTokens {
  create(): { readonly token: string; readonly hash: Buffer };
  hash(token: string): Buffer;
}

export interface Passwords {
  verify(
    password: string,
    stored: string,
  ): Promise<{ readonly matches: boolean; readonly needsRehash: boolean }>;
  /** Costs as much as `verify` and never matches. */
  verifyNobody(password: string): Promise<void>;
  hash(password: string): Promise<string>;
  /** SHA-256 hex of a handle nobody has, as the audit log keeps it. */
  anonymousSubject(handle: string): string;
}
