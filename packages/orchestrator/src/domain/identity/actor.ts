import type { ActiveUser } from './active-user.ts';

/** A user through a session. */
export interface UserSession extends ActiveUser {
  readonly kind: 'session';
  readonly sessionId: string;
}

/** A user through one of their API keys. */
export interface ApiKeyUser extends ActiveUser {
  readonly kind: 'api_key';
  readonly keyId: string;
}

/** An agent at work for a user; it has that user's rights and no others. */
export interface UserAgent extends ActiveUser {
  readonly kind: 'agent';
  readonly agentType: string;
  /** What it is bound to, where it is. */
  readonly taskId?: string | undefined;
  readonly jobId?: string | undefined;
  readonly runId?: string | undefined;
}

/** A registered node that proved who it is. */
export interface NodeActor {
  readonly kind: 'node';
  readonly nodeId: string;
  readonly slug: string;
}

/** The orchestrator itself: at work, or while it sets an install up. */
export interface SystemActor {
  readonly kind: 'system';
  readonly part: 'system' | 'bootstrap';
}

/** Whoever acts with the rights of a user. */
export type UserActor = UserSession | ApiKeyUser | UserAgent;

/** Who acts. */
export type Actor = UserActor | NodeActor | SystemActor;

export const systemActor: SystemActor = { kind: 'system', part: 'system' };
export const bootstrapActor: SystemActor = { kind: 'system', part: 'bootstrap' };

/**
 * The actor as columns such as `updated_by` name them. See docs/reference/database.md#conventions.
 */
export function actorId(
  actor: UserActor | Pick<NodeActor, 'kind' | 'nodeId'> | SystemActor,
): string {
  switch (actor.kind) {
    case 'session':
    case 'api_key':
      return `user:${actor.userId}`;
    case 'agent':
      return `agent:${actor.agentType}/user:${actor.userId}`;
    case 'node':
      return `node:${actor.nodeId}`;
    case 'system':
      return actor.part;
  }
}

/** The user whose rights count; undefined for those who act in nobody's name. */
export function actsFor(actor: Actor): ActiveUser | undefined {
  return actor.kind === 'node' || actor.kind === 'system' ? undefined : actor;
}

/** What acts, as audit rows and logs name it beside the user it acts for. */
export function subjectType(actor: Actor): 'user' | 'agent' | 'node' | 'system' {
  switch (actor.kind) {
    case 'session':
    case 'api_key':
      return 'user';
    case 'agent':
    case 'node':
    case 'system':
      return actor.kind;
  }
}
