const minuteMs = 60_000;
/** A session that rested so long has ended. */
const idleMs = 30 * minuteMs;

/** What a request says of its session. */
export interface NamedSession {
  /** It named one, valid or not. */
  readonly isNamed: boolean;
  /** What the name says, where it was made here. */
  readonly session:
    { readonly sessionId: string; readonly tokenId: string; readonly issuedAt: Date } | undefined;
  /** Of the request. */
  readonly tokenId: string;
}

export type SessionUse =
  | { readonly kind: 'none' }
  /** Forged, another token's, ended, or idle for too long. */
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'live';
      readonly sessionId: string;
      /** Its kept last use is so old that it is to be written again. */
      readonly isStale: boolean;
    };

/**
 * What a session is worth. Of one that is in use nothing needs to be kept but its last minute; before the first is
 * written, the moment it was made counts. See docs/reference/mcp.md#sessions.
 */
export function judgeSession(
  { isNamed, session, tokenId }: NamedSession,
  kept: { readonly lastUsedAt: Date; readonly ended: boolean } | undefined,
  now: Date,
): SessionUse {
  if (!isNamed) return { kind: 'none' };
  if (session === undefined || session.tokenId !== tokenId) return { kind: 'gone' };
  const usedAt = kept?.lastUsedAt ?? session.issuedAt;
  const restedMs = now.getTime() - usedAt.getTime();
  if (kept?.ended === true || restedMs > idleMs) return { kind: 'gone' };
  return { kind: 'live', sessionId: session.sessionId, isStale: restedMs > minuteMs };
}
