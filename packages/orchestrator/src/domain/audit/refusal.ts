import { addressGroup } from '@cynodeai/runtime/std';

/** A call of a gateway route by somebody who is nobody yet. */
export interface RefusedCall {
  readonly log: 'gateway';
  readonly operation: string;
  readonly action: string;
  readonly resource: string;
  readonly decision: 'allow' | 'deny';
  readonly statusCode: number;
  readonly requestId: string;
  readonly durationMs: number;
  readonly ip: string;
  readonly at: Date;
}

/** A login, a refresh or a registration that was refused. */
export interface RefusedEntry {
  readonly log: 'auth';
  readonly event: 'login_failure' | 'refresh_failure' | 'node_registration_failure';
  readonly reason: string;
  /** Whose account the attempt was about; absent when it was about nobody's. */
  readonly userId?: string | undefined;
  /** The handle, the slug of a node, or the SHA-256 hex of a handle nobody has. */
  readonly subject?: string | undefined;
  readonly userAgent: string | undefined;
  readonly ip: string;
  readonly at: Date;
}

/** Something refused that is counted rather than told one by one. See docs/reference/identity-and-policy.md#audit. */
export type Refusal = RefusedCall | RefusedEntry;

/** Refusals that share a row. */
export interface CountedRefusal<R extends Refusal = Refusal> {
  /** Names the row; every process counts into the same. */
  readonly key: string;
  /** The first of them, without what a later one did not share. */
  readonly first: R;
  /** Where they came from, an address or an IPv6 network; undefined for several places. */
  readonly address: string | undefined;
  readonly count: number;
  readonly lastAt: Date;
}

/** What was refused and how, without by whom. */
export function kindOfRefusal(refusal: Refusal): string {
  if (refusal.log === 'gateway') return `${refusal.operation} ${refusal.statusCode}`;
  return `${refusal.event} ${refusal.reason}`;
}

/** The known account a refusal is about; undefined for those of strangers. */
export function accountOf(refusal: Refusal): string | undefined {
  return refusal.log === 'auth' ? refusal.userId : undefined;
}

/** A row's first refusal. */
export function firstCounted(key: string, first: Refusal): CountedRefusal {
  return { key, first, address: addressGroup(first.ip), count: 1, lastAt: first.at };
}

const shared = <T>(one: T, other: T): T | undefined => (one === other ? one : undefined);

function sharedFirst(first: Refusal, next: Refusal): Refusal {
  if (first.log === 'gateway' || next.log === 'gateway') return first;
  return {
    ...first,
    userId: shared(first.userId, next.userId),
    subject: shared(first.subject, next.subject),
    userAgent: shared(first.userAgent, next.userAgent),
  };
}

/** Two counts of one row, the earlier first. */
export function addCounts(held: CountedRefusal, next: CountedRefusal): CountedRefusal {
  return {
    key: held.key,
    first: sharedFirst(held.first, next.first),
    address: shared(held.address, next.address),
    count: held.count + next.count,
    lastAt: next.lastAt > held.lastAt ? next.lastAt : held.lastAt,
  };
}
