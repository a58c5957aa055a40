import type { IdentityStore } from '../../../ports/identity.ts';
import type { Executor } from '../database.ts';
import { recentAttempts, recordLoginFailure } from './login-attempts.ts';
import { closeSessions } from './close-sessions.ts';
import { findLogin } from './find-login.ts';
import { findSession } from './find-session.ts';
import { openSession } from './open-session.ts';
import { refuseRefresh } from './refuse-refresh.ts';
import { removeExpiredSessions } from './remove-expired-sessions.ts';
import { rotateSession } from './rotate-session.ts';

/** Users and sessions in PostgreSQL. */
export function postgresIdentityStore(db: Executor): IdentityStore {
  return {
    findSession: (session, now) => findSession(db, session, now),
    findLogin: (handle) => findLogin(db, handle),
    recentAttempts: (subject, limit) => recentAttempts(db, subject, limit),
    recordLoginFailure: (failure) => recordLoginFailure(db, failure),
    openSession: (session) => openSession(db, session),
    rotateSession: (rotation) => rotateSession(db, rotation),
    refuseRefresh: (refused) => refuseRefresh(db, refused),
    closeSessions: (sessions) => closeSessions(db, sessions),
    removeExpiredSessions: (now) => removeExpiredSessions(db, now),
  };
}
