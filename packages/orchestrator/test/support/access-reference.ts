import { isDeepStrictEqual } from 'node:util';
import type { AccessRule } from '../../src/domain/policy/access-rule.ts';
import { agentSubjectIds } from '../../src/domain/policy/access-rule.ts';
import type { AccessDecision, AccessRequest } from '../../src/domain/policy/evaluate-access.ts';

type Tried = boolean | 'unreadable';

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/gu, '\\$&');
const globbed = (text: string, star = '.*'): string => text.split('*').map(escaped).join(star);
const tried = (expression: string, text: string): boolean =>
  new RegExp(`^${expression}$`, 'su').test(text);

function readUrl(text: string): string | undefined {
  try {
    const { protocol, host, pathname, search, username } = new URL(text);
    return host === '' || username !== '' ? undefined : `${protocol}//${host}${pathname}${search}`;
  } catch {
    return undefined;
  }
}

const spelled = (type: string, text: string): string | undefined => {
  if (text === '') return undefined;
  if (type === 'web.url_pattern') return readUrl(text);
  if (type === 'web.domain') {
    return /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.?$/iu.test(text)
      ? text.toLowerCase().replace(/\.$/u, '')
      : undefined;
  }
  const isPlain = ['mcp.tool', 'git.repo', 'connector.operation', 'node'].includes(type);
  return isPlain ? text : text.toLowerCase();
};

function patternFits(type: string, pattern: string, resource: string): Tried {
  if (pattern === '*') return true;
  if (pattern === '') return 'unreadable';
  const half = '(?:\\*|[^*/]+)';
  switch (type) {
    case 'mcp.tool':
      return tried(globbed(pattern), resource);
    case 'task':
      return tried(globbed(pattern.toLowerCase()), resource);
    case 'web.domain': {
      const below = /^\*\.(.+)$/su.exec(pattern)?.[1];
      const host = spelled(type, below ?? pattern);
      if (host === undefined) return 'unreadable';
      return tried(`${below === undefined ? '' : '.+\\.'}${escaped(host)}`, resource);
    }
    case 'web.url_pattern': {
      if (!pattern.includes('://')) return 'unreadable';
      const path = pattern.split('/').slice(3);
      const origin = pattern.split('/').slice(0, 3).join('/').toLowerCase();
      const isWhole = pattern.split('/').length > 3;
      const rest = isWhole ? globbed(`/${path.join('/')}`) : origin.endsWith('*') ? '.*' : '\\/';
      const [scheme = '', host = ''] = origin.split('://');
      return tried(`${globbed(scheme, '[^/]*')}:\\/\\/${globbed(host, '[^/]*')}${rest}`, resource);
    }
    case 'api.provider_operation':
      if (!tried(`${half}\\/${half}`, pattern)) return 'unreadable';
      return tried(globbed(pattern.toLowerCase(), '[^/]*'), resource);
    case 'connector.operation':
      if (!tried(`${half}\\/${half}\\/${half}`, pattern)) return 'unreadable';
      return tried(globbed(pattern, '[^/]*'), resource);
    case 'git.repo':
    case 'preference':
      if (!tried('[^*]+(?:\\/\\*)?', pattern)) return 'unreadable';
      if (pattern.startsWith('/')) return 'unreadable';
      return tried(
        globbed(type === 'preference' ? pattern.toLowerCase() : pattern, '.+'),
        resource,
      );
    default:
      return pattern.includes('*') ? 'unreadable' : pattern === resource;
  }
}

const isTime = (value: unknown): boolean =>
  typeof value === 'string' && /^\d{4}-.*(?:Z|:\d\d)$/u.test(value);

function conditionFits(key: string, value: unknown, asked: AccessRequest): Tried {
  const list = Array.isArray(value) ? (value as unknown[]) : undefined;
  if (key === 'agent_types') {
    if (
      list === undefined ||
      list.some((type) => !Object.keys(agentSubjectIds).includes(String(type)))
    ) {
      return 'unreadable';
    }
    return asked.context.agentType !== undefined && list.includes(asked.context.agentType);
  }
  if (key === 'args') {
    if (value === null || typeof value !== 'object' || list !== undefined) return 'unreadable';
    return Object.entries(value).every(([name, wanted]) =>
      [wanted].flat().some((one) => {
        const given = asked.args?.[name];
        return given !== undefined && isDeepStrictEqual(given, one);
      }),
    );
  }
  if (key === 'valid_from')
    return isTime(value) ? Date.parse(String(value)) <= asked.at.getTime() : 'unreadable';
  if (key === 'valid_until')
    return isTime(value) ? Date.parse(String(value)) > asked.at.getTime() : 'unreadable';
  if (key === 'max_chars') return Number(value) >= 0 ? true : 'unreadable';
  if (key === 'methods') return true;
  return 'unreadable';
}

function ruleFits(rule: AccessRule, asked: AccessRequest, resource: string): boolean {
  const { type, id } = rule.subject;
  const { userId, groupIds, projectId, taskId, agentType } = asked.context;
  const isSubject =
    type === 'system' ||
    (type === 'user' && id === userId) ||
    (type === 'group' && groupIds.some((group) => group === id)) ||
    (type === 'project' && id === projectId) ||
    (type === 'task' && id === taskId) ||
    (type === 'agent' && agentType !== undefined && id === agentSubjectIds[agentType]);
  const stem = /^(.+)\.\*$/u.exec(rule.action)?.[1];
  const isAction =
    rule.action === asked.action || (stem !== undefined && asked.action.startsWith(`${stem}.`));
  if (!isSubject || !isAction) return false;
  const fits = patternFits(rule.resourceType, rule.resourcePattern, resource);
  if (fits === 'unreadable' && rule.effect === 'allow') return false;
  if (fits !== 'unreadable' && (!fits || rule.resourceType !== asked.resourceType)) return false;
  const tries = Object.entries(rule.conditions ?? {}).map(([key, value]) =>
    conditionFits(key, value, asked),
  );
  if (tries.includes('unreadable')) return rule.effect === 'deny';
  return !tries.includes(false);
}

/** What is decided, worked out step by step in the plainest way, with the engine's own expressions for patterns. */
export function decideByReference(
  rules: readonly AccessRule[],
  asked: AccessRequest,
): Pick<AccessDecision, 'decision' | 'reason' | 'ruleId'> {
  const { userId, agentType } = asked.context;
  const none = { ruleId: undefined };
  if (userId === undefined && agentType === undefined)
    return { decision: 'deny', reason: 'unauthenticated', ...none };
  const resource = spelled(asked.resourceType, asked.resource);
  if (resource === undefined) return { decision: 'deny', reason: 'resource_invalid', ...none };
  let named: AccessRule | undefined;
  let isNear = false;
  for (const rule of rules) {
    if (!ruleFits(rule, asked, resource)) continue;
    isNear ||= rule.effect === 'allow' && ['task', 'project', 'agent'].includes(rule.subject.type);
    const beats =
      named === undefined ||
      (rule.effect !== named.effect
        ? rule.effect === 'deny'
        : rule.priority > named.priority ||
          (rule.priority === named.priority && rule.id < named.id));
    if (beats) named = rule;
  }
  if (named?.effect === 'deny')
    return { decision: 'deny', reason: 'rule_denies', ruleId: named.id };
  const isControlled = /^(?:api\.call|web\.(?:fetch|search)|git\..*|connector\..*)$/u.test(
    asked.action,
  );
  const needsNear = agentType === 'sandbox' && (isControlled || asked.action === 'mcp.tool.invoke');
  if (named !== undefined && (isNear || !needsNear)) {
    return { decision: 'allow', reason: 'rule_allows', ruleId: named.id };
  }
  if (asked.isGranted && !isControlled) return { decision: 'allow', reason: 'granted', ...none };
  return { decision: 'deny', reason: 'no_matching_rule', ...none };
}
