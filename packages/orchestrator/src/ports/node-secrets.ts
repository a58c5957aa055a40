/**
 * Bearer tokens of Worker APIs at rest: sealed per node with a key outside the database.
 * See docs/reference/nodes.md#worker-api-token.
 */
export interface NodeTokenVault {
  /** A new random token of at least 32 bytes. */
  create(): string;
  seal(nodeId: string, token: string): string;
  /** The token, or undefined when it was sealed with another key or for another node. */
  open(nodeId: string, sealed: string): string | undefined;
}

/** Who a node's JWT says it is. */
export interface NodeTokenClaims {
  readonly nodeId: string;
  readonly slug: string;
  /** Tokens of an earlier epoch than the node's are refused. */
  readonly epoch: number;
}

/** JWTs by which nodes call the control-plane. See docs/reference/nodes.md#registration. */
export interface NodeTokenIssuer {
  issue(
    claims: NodeTokenClaims,
    now: Date,
  ): Promise<{ readonly jwt: string; readonly expiresAt: Date }>;
  /** The claims of a valid, unexpired node token; undefined for anything else. */
  verify(jwt: string, now: Date): Promise<NodeTokenClaims | undefined>;
}

/** What a node signs to prove who it is; it holds the time it was given and a nonce. */
export interface NodeChallenges {
  /** A challenge for one node in its present epoch, good for two minutes. */
  issue(node: { readonly slug: string; readonly epoch: number }, now: Date): Promise<string>;
  /** The epoch a challenge was given in; undefined for one that is of another slug, too old, or not ours. */
  epochOf(challenge: string, slug: string, now: Date): Promise<number | undefined>;
  /** True when the holder of the key signed this challenge for this slug. */
  isSignedBy(
    publicKey: string,
    signed: { readonly slug: string; readonly challenge: string; readonly signature: string },
  ): boolean;
}

/** SHA-256 as hex of a JSON value in canonical form (RFC 8785). */
export type ContentHash = (value: unknown) => string;
