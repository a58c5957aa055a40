import type { BootstrapRule } from './bootstrap-file.ts';

/** What a rule has besides what tells it apart. */
export function ruleValue({
  priority,
  conditions,
}: Pick<BootstrapRule, 'priority' | 'conditions'>): unknown {
  return { priority, conditions: conditions ?? null };
}

/** A rule in one line, for the log. */
export function ruleName(rule: BootstrapRule): string {
  const subject = [rule.subjectType, rule.subjectId].filter((part) => part !== undefined);
  return `${rule.effect} ${subject.join(':')} ${rule.action} on ${rule.resourceType} ${rule.resourcePattern}`;
}
