import { isRecord } from '@cynodeai/runtime/std';
import { type AgentType, agentSubjectIds } from './access-rule.ts';
import { isSameJson } from './same-json.ts';

/** What conditions look at. */
export interface ConditionFacts {
  readonly agentType?: AgentType | undefined;
  /** Arguments of a tool. */
  readonly args?: Readonly<Record<string, unknown>> | undefined;
  readonly at: Date;
}

/** What one condition says of a call; `unknown` for a key or a value that means nothing. */
type Verdict = 'holds' | 'fails' | 'unknown';

const verdict = (holds: boolean): Verdict => (holds ? 'holds' : 'fails');
const isNamed = (value: unknown): boolean => typeof value === 'string' && value !== '';

function listOf(
  value: unknown,
  isItem: (item: unknown) => boolean,
): readonly unknown[] | undefined {
  return Array.isArray(value) && value.every(isItem) ? value : undefined;
}

function agentTypes(value: unknown, { agentType }: ConditionFacts): Verdict {
  const isType = (item: unknown): boolean =>
    typeof item === 'string' && Object.hasOwn(agentSubjectIds, item);
  const types = listOf(value, isType);
  return types === undefined ? 'unknown' : verdict(types.includes(agentType));
}

function args(value: unknown, facts: ConditionFacts): Verdict {
  if (!isRecord(value)) return 'unknown';
  const given = facts.args ?? {};
  return verdict(
    Object.entries(value).every(([name, wanted]) => {
      if (!Object.hasOwn(given, name)) return false;
      const allowed: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
      return allowed.some((one) => isSameJson(one, given[name]));
    }),
  );
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/u;

function momentOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !rfc3339.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

function moment(value: unknown, holds: (at: number) => boolean): Verdict {
  const at = momentOf(value);
  return at === undefined ? 'unknown' : verdict(holds(at));
}

/** A limit always holds: it narrows an allow afterwards and says nothing of a denial. */
const limit =
  (isWellFormed: (value: unknown) => boolean) =>
  (value: unknown): Verdict =>
    isWellFormed(value) ? 'holds' : 'unknown';

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isOwner = (item: unknown): boolean => item === 'user' || item === 'group';
const list = (isItem: (item: unknown) => boolean) =>
  limit((value) => listOf(value, isItem) !== undefined);

const isRate = (value: unknown): boolean =>
  isRecord(value) &&
  isCount(value['requests']) &&
  isCount(value['per_seconds']) &&
  Number(value['per_seconds']) > 0 &&
  (value['per'] === 'user' || value['per'] === 'task');

const known: Readonly<Record<string, (value: unknown, facts: ConditionFacts) => Verdict>> = {
  agent_types: agentTypes,
  args,
  valid_from: (value, { at }) => moment(value, (from) => at.getTime() >= from),
  valid_until: (value, { at }) => moment(value, (until) => at.getTime() < until),
  credential_owner_types: list(isOwner),
  allowed_models: list(isNamed),
  max_tokens: limit(isCount),
  max_request_bytes: limit(isCount),
  max_response_bytes: limit(isCount),
  max_chars: limit(isCount),
  rate_limit: limit(isRate),
  schemes: list(isNamed),
  ports: list(isCount),
  methods: list(isNamed),
};

/**
 * True when the conditions let a rule match: all of them hold. What cannot be understood never widens: an allow does
 * not match, a denial does, whatever else it says. See docs/reference/identity-and-policy.md#access-rules.
 */
export function conditionsHold(
  effect: 'allow' | 'deny',
  conditions: Readonly<Record<string, unknown>>,
  facts: ConditionFacts,
): boolean {
  const verdicts = Object.entries(conditions).map(([key, value]) =>
    Object.hasOwn(known, key) ? (known[key]?.(value, facts) ?? 'unknown') : 'unknown',
  );
  if (verdicts.includes('unknown')) return effect === 'deny';
  return verdicts.every((one) => one === 'holds');
}
