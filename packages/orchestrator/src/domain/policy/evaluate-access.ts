import {
  type AccessContext,
  type AccessRule,
  type Subject,
  actionsCovering,
  subjectsOf,
} from './access-rule.ts';
import { type ConditionFacts, conditionsHold } from './conditions.ts';
import { type AccessLimits, limitsOf } from './limits.ts';
import { normalResource } from './resource.ts';
import { readPattern } from './resource-pattern.ts';

/** One thing somebody wants to do. */
export interface AccessRequest {
  readonly context: AccessContext;
  readonly action: string;
  readonly resourceType: string;
  readonly resource: string;
  /** Arguments of a tool, for rules that look at them. */
  readonly args?: Readonly<Record<string, unknown>> | undefined;
  readonly at: Date;
  /**
   * What allows it when no rule speaks: the role map for actions of the gateway, the list of an agent's tools for
   * `mcp.tool.invoke`. Counts for nothing where only rules allow.
   */
  readonly isGranted: boolean;
}

/** What was decided, by what rule if one did. */
export type AccessDecision =
  | {
      readonly decision: 'allow';
      readonly reason: 'rule_allows' | 'granted';
      readonly ruleId: string | undefined;
      readonly limits: AccessLimits;
    }
  | {
      readonly decision: 'deny';
      readonly reason:
        | 'rule_denies'
        | 'no_matching_rule'
        | 'unauthenticated'
        | 'resource_invalid'
        | 'rules_unreadable';
      readonly ruleId: string | undefined;
    };

/** Capabilities roles never give. See docs/reference/identity-and-policy.md#access-rules. */
const controlled = [
  'api.call',
  'web.fetch',
  'web.search',
  'git.*',
  'sandbox_image.publish',
  'sandbox_image.use',
  'messaging.configure',
  'messaging.send',
  'connector.*',
];
const toolCall = 'mcp.tool.invoke';
const near: readonly Subject['type'][] = ['task', 'project', 'agent'];

function isControlled(action: string): boolean {
  return actionsCovering(action).some((pattern) => controlled.includes(pattern));
}

function isAbout(rule: AccessRule, request: AccessRequest, resource: string): boolean {
  const matches = readPattern(rule.resourceType, rule.resourcePattern);
  // A denial nobody can read denies all of its action.
  if (matches === undefined) return rule.effect === 'deny';
  return rule.resourceType === request.resourceType && matches(resource);
}

function matchingRules(
  rules: readonly AccessRule[],
  request: AccessRequest,
  resource: string,
): AccessRule[] {
  const { context, args, at } = request;
  const facts: ConditionFacts = { agentType: context.agentType, args, at };
  const actions = actionsCovering(request.action);
  const nameOf = ({ type, id }: Subject): string => `${type}:${id ?? ''}`;
  const subjects = new Set(subjectsOf(context).map(nameOf));
  return rules.filter(
    (rule) =>
      actions.includes(rule.action) &&
      subjects.has(nameOf(rule.subject)) &&
      isAbout(rule, request, resource) &&
      conditionsHold(rule.effect, rule.conditions ?? {}, facts),
  );
}

function inOrder(rules: readonly AccessRule[]): AccessRule[] {
  return rules.toSorted(
    (one, other) => other.priority - one.priority || (one.id < other.id ? -1 : 1),
  );
}

const deny = (
  reason: Extract<AccessDecision, { decision: 'deny' }>['reason'],
  ruleId?: string,
): AccessDecision => ({ decision: 'deny', reason, ruleId });

/**
 * Decides by the rules that are given, which may be more than those about the call: a denial beats every allow, an
 * allow beats silence, and silence is the grant's matter. A sandbox needs an allow for its task, project or kind; one for
 * its user is not enough. See docs/reference/identity-and-policy.md#access-rules.
 */
export function evaluateAccess(
  rules: readonly AccessRule[],
  request: AccessRequest,
): AccessDecision {
  const { context, action } = request;
  if (context.userId === undefined && context.agentType === undefined) {
    return deny('unauthenticated');
  }
  const resource = normalResource(request.resourceType, request.resource);
  if (resource === undefined) return deny('resource_invalid');
  const matching = inOrder(matchingRules(rules, request, resource));
  const denial = matching.find((rule) => rule.effect === 'deny');
  if (denial !== undefined) return deny('rule_denies', denial.id);
  const isOnlyByRule = isControlled(action);
  const needsNear = context.agentType === 'sandbox' && (isOnlyByRule || action === toolCall);
  const isEnough = !needsNear || matching.some((rule) => near.includes(rule.subject.type));
  const [first] = matching;
  if (first !== undefined && isEnough) {
    return {
      decision: 'allow',
      reason: 'rule_allows',
      ruleId: first.id,
      limits: limitsOf(matching),
    };
  }
  if (request.isGranted && !isOnlyByRule) {
    return { decision: 'allow', reason: 'granted', ruleId: undefined, limits: limitsOf([]) };
  }
  return deny('no_matching_rule');
}
