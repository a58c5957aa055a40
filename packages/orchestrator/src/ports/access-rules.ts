import type { AccessContext, AccessRule } from '../domain/policy/access-rule.ts';

/** Stored rules of access. */
export interface AccessRules {
  /** At least every rule that may be about an action within a context. */
  about(context: AccessContext, action: string): Promise<readonly AccessRule[]>;
}
