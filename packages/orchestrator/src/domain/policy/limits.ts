import type { AccessRule } from './access-rule.ts';

/** So many requests in so many seconds, of a user or of a task. */
export interface RateLimit {
  readonly requests: number;
  readonly per_seconds: number;
  readonly per: 'user' | 'task';
}

const caps = ['max_tokens', 'max_request_bytes', 'max_response_bytes', 'max_chars'] as const;
const choices = ['schemes', 'ports', 'methods'] as const;

/** How far an allowed call may go; what is absent is not limited by a rule. */
export interface AccessLimits extends Partial<Readonly<Record<(typeof caps)[number], number>>> {
  /** Whose credentials may be used. */
  readonly credential_owner_types: readonly ('user' | 'group')[];
  /** A model has to be in every list; an item may end with `*`. */
  readonly allowed_models: readonly (readonly string[])[];
  /** Every one of them holds. */
  readonly rate_limits: readonly RateLimit[];
  readonly schemes?: readonly string[];
  readonly ports?: readonly number[];
  readonly methods?: readonly string[];
}

const intersection = (lists: readonly (readonly unknown[])[]): readonly unknown[] =>
  (lists[0] ?? []).filter((item) => lists.every((list) => list.includes(item)));

/** The strictest of what the conditions of matching allows say; group credentials need one allow that lists them. */
export function limitsOf(allows: readonly AccessRule[]): AccessLimits {
  const stated = (key: string): unknown[] =>
    allows.map((rule) => rule.conditions?.[key]).filter((value) => value !== undefined);
  const lists = (key: string): unknown[][] => stated(key) as unknown[][];
  const capped = caps.flatMap((key) => {
    const values = stated(key) as number[];
    return values.length === 0 ? [] : [[key, Math.min(...values)]];
  });
  const chosen = choices.flatMap((key) => {
    const all = lists(key);
    return all.length === 0 ? [] : [[key, intersection(all)]];
  });
  const owners = allows.flatMap(
    (rule) => (rule.conditions?.['credential_owner_types'] ?? ['user']) as ('user' | 'group')[],
  );
  return {
    credential_owner_types: allows.length === 0 ? ['user'] : [...new Set(owners)],
    allowed_models: lists('allowed_models') as string[][],
    rate_limits: stated('rate_limit') as RateLimit[],
    ...Object.fromEntries([...capped, ...chosen]),
  };
}
