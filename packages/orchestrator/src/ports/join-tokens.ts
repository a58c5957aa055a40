import type { ClientContext } from './identity.ts';

/** A join token as it is kept: no secret, only what tells it. */
export interface NewJoinToken {
  readonly id: string;
  /** SHA-256 of the token. */
  readonly hash: Buffer;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Makes secrets and tells them by their hash. */
export interface JoinTokenSecrets {
  make(): { readonly token: string; readonly hash: Buffer };
  hash(token: string): Buffer;
}

/** Why a token lets nobody in. */
export type JoinRefusal = 'join_token_unknown' | 'join_token_used' | 'join_token_expired';

/** One node's use of a token. */
export interface JoinToStore {
  readonly tokenHash: Buffer;
  /** SHA-256 of the key the node gets for it. */
  readonly keyHash: Buffer;
  readonly slug: string;
  readonly at: Date;
}

/** Join tokens, and the keys they were traded for. */
export interface JoinTokens {
  /** Uses a token up, in one statement: of two that come at once one is refused. The audit row is written with it. */
  use(join: JoinToStore, client: ClientContext): Promise<'joined' | JoinRefusal>;
  /** The slug that a node with this key registers under; undefined when nobody has the key. */
  slugOfKey(keyHash: Buffer): Promise<string | undefined>;
}
