import type { ToolAgent, ToolErrorType } from '@cynodeai/contracts/mcp';
import type { AgentCaller } from '../domain/mcp/agent-caller.ts';
import type { FoundIds, GivenIds } from '../domain/mcp/judge-scope.ts';
import type { ToolEffects } from './tool-effects.ts';

/** For which server a token is good. */
export type AgentAudience = 'mcp' | 'inference';

/** A token to be kept; of the token itself only the hash. */
export interface NewAgentToken {
  readonly id: string;
  readonly hash: Buffer;
  readonly audience: AgentAudience;
  readonly agent: ToolAgent;
  readonly userId: string | undefined;
  readonly projectId: string | undefined;
  readonly taskId: string | undefined;
  readonly jobId: string | undefined;
  readonly expiresAt: Date;
  readonly at: Date;
}

/** What was found behind a token that is good now. */
export interface FoundAgent {
  readonly caller: AgentCaller;
  /** The kept end and last use of the session that was named, if any is kept. */
  readonly session: { readonly lastUsedAt: Date; readonly ended: boolean } | undefined;
}

/** With what an agent comes. */
export interface AgentCredentials {
  readonly hash: Buffer;
  readonly audience: AgentAudience;
  /** The run a Project Manager says it works for. */
  readonly contextId: string | undefined;
  readonly sessionId: string | undefined;
}

/** Tokens of agents. See docs/reference/mcp.md#tokens. */
export interface AgentTokens {
  /** Undefined for a token that is unknown, expired, revoked, of another audience, or of a user who is not active. */
  find(credentials: AgentCredentials, now: Date): Promise<FoundAgent | undefined>;
  issue(token: NewAgentToken): Promise<void>;
  /** Revokes tokens that are good: one, or all of a job. Says how many. */
  revoke(which: { readonly id: string } | { readonly jobId: string }, at: Date): Promise<number>;
  /** Forgets tokens long past their end. */
  removeExpired(before: Date): Promise<number>;
}

/** Sessions of clients of the older revision, as far as anything is kept of them. */
export interface McpSessions {
  /** Notes that a session is in use. */
  touch(sessionId: string, tokenId: string, at: Date): Promise<void>;
  end(sessionId: string, tokenId: string, at: Date): Promise<void>;
}

/** What a Project Manager was handed to work for. */
export interface NewRunContext {
  readonly id: string;
  readonly userId: string;
  readonly projectId: string | undefined;
  readonly taskId: string | undefined;
  readonly runId: string | undefined;
  readonly expiresAt: Date;
  readonly at: Date;
}

export interface RunContexts {
  open(context: NewRunContext): Promise<void>;
  /** Forgets those that ended before that, and says how many. */
  removeExpired(before: Date): Promise<number>;
}

/** Finds what the ids of a call name. */
export type FindScope = (ids: GivenIds) => Promise<FoundIds>;

/** How a call ended. */
export interface CallEnd {
  readonly decision: 'allow' | 'deny';
  readonly errorType: ToolErrorType | undefined;
  readonly durationMs: number;
  readonly completedAt: Date;
}

/** The row of a call; no arguments and no results. See docs/reference/mcp.md#audit. */
export interface CallRow {
  readonly id: string;
  readonly receivedAt: Date;
  readonly caller: AgentCaller;
  readonly taskId: string | undefined;
  readonly projectId: string | undefined;
  readonly runId: string | undefined;
  readonly jobId: string | undefined;
  readonly tool: string;
  readonly ruleId: string | undefined;
  readonly reason: string | undefined;
  readonly requestId: string;
}

/** The audit log of tool calls. */
export interface CallLog {
  /** The complete row of a call that changed nothing; once, also when it is tried again. */
  insert(row: CallRow, end: CallEnd): Promise<void>;
  /** The row of a call that is about to act elsewhere: as if it had been interrupted. */
  open(row: CallRow): Promise<void>;
  /** Completes an open row; false when that was done already. */
  complete(id: string, end: CallEnd): Promise<boolean>;
  /**
   * Runs an effect and writes the row in one transaction: what the effect changed is undone when it rejects, the row
   * stays.
   * @param endOf the end to note, from what the effect threw; undefined for success
   */
  commit<T>(
    row: CallRow,
    effect: (effects: ToolEffects) => Promise<T>,
    endOf: (error: unknown) => CallEnd,
  ): Promise<
    { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }
  >;
}

/** What a session id says of itself. */
export interface McpSession {
  readonly sessionId: string;
  readonly tokenId: string;
  readonly version: string;
  readonly issuedAt: Date;
}

/** Session ids as signed values, so that nothing has to be kept of a session that is not ended. */
export interface McpSessionIds {
  issue(session: McpSession): string;
  /** Undefined for one that was not made here. */
  read(text: string): McpSession | undefined;
}

/** Random tokens, and their hashes. */
export interface AgentTokenSecrets {
  make(): { readonly token: string; readonly hash: Buffer };
  hash(token: string): Buffer;
}
