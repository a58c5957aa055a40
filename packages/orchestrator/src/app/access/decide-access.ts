import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import {
  type AccessDecision,
  type AccessRequest,
  evaluateAccess,
} from '../../domain/policy/evaluate-access.ts';
import type { AccessRules } from '../../ports/access-rules.ts';

export interface DecideAccessDeps {
  readonly rules: AccessRules;
  readonly log: Log;
}

/**
 * Decides by the rules as they stand now; nothing is remembered for the next call. An error in deciding is a denial,
 * `rules_unreadable`. The caller writes the audit row before it acts.
 * See docs/reference/identity-and-policy.md#access-rules.
 */
export async function decideAccess(
  { rules, log }: DecideAccessDeps,
  request: AccessRequest,
): Promise<AccessDecision> {
  try {
    return evaluateAccess(await rules.about(request.context, request.action), request);
  } catch (error) {
    log.warn('access rules cannot be read, so the call is denied', {
      action: request.action,
      error: messageOf(error),
    });
    return { decision: 'deny', reason: 'rules_unreadable', ruleId: undefined };
  }
}
