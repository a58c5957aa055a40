import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AccessContext,
  type AccessRule,
  type AgentType,
  actionsCovering,
  agentSubjectIds,
} from './access-rule.ts';
import { type AccessRequest, evaluateAccess } from './evaluate-access.ts';
import { matchesGlob } from './glob.ts';
import { normalResource } from './resource.ts';
import { readPattern } from './resource-pattern.ts';
import { decideByReference } from '../../../test/support/access-reference.ts';

const agentTypes = Object.keys(agentSubjectIds) as AgentType[];
const now = new Date('2026-06-01T00:00:00Z');

function rule(change: Partial<AccessRule> = {}): AccessRule {
  return {
    id: 'r1',
    subject: { type: 'system', id: undefined },
    action: 'mcp.tool.invoke',
    resourceType: 'mcp.tool',
    resourcePattern: '*',
    effect: 'deny',
    priority: 0,
    conditions: undefined,
    ...change,
  };
}

function request(change: Partial<AccessRequest> = {}): AccessRequest {
  return {
    context: { userId: 'u1', groupIds: [], agentType: 'project_manager' },
    action: 'mcp.tool.invoke',
    resourceType: 'mcp.tool',
    resource: 'db.task.get',
    at: now,
    isGranted: true,
    ...change,
  };
}

const outcome = (rules: readonly AccessRule[], change: Partial<AccessRequest> = {}): string => {
  const { decision, reason } = evaluateAccess(rules, request(change));
  return `${decision} ${reason}`;
};

/** Values so few that rules and calls meet often. */
const ids = fc.constantFrom('a', 'b');
const resources: Readonly<Record<string, readonly string[]>> = {
  'mcp.tool': ['db.task.get', 'db.task.create', 'sandbox.run', 'x*y'],
  'web.domain': ['example.com', 'a.Example.com', 'a.b.example.com', 'evilexample.com', 'x/y', ''],
  'web.url_pattern': [
    'https://example.com/a',
    'https://evil.net/.example.com/',
    'http://a@b/',
    '?',
  ],
  'api.provider_operation': ['openai/chat', 'OpenAI/chat', 'other/chat'],
  'git.repo': ['github/own/one', 'github/owner', 'gitlab/own/one'],
  task: ['projects/a/tasks/b', 'projects/b/tasks/b'],
  preference: ['group/a', 'system', 'user/b'],
  'connector.operation': ['mail/1/send', 'mail/1'],
  node: ['n1', 'n2'],
};
const patterns: Readonly<Record<string, readonly string[]>> = {
  'mcp.tool': ['*', 'db.*', '*.get', 'db.task.get', 'd*t*t', '', 'x*y', 'db.task.get.'],
  'web.domain': ['*', 'example.com', '*.example.com', 'EXAMPLE.com', 'a.*', '*.', 'a.example.com.'],
  'web.url_pattern': [
    '*',
    'https://example.com/*',
    'https://*.example.com/*',
    'https://*',
    'x',
    '*://*/a',
  ],
  'api.provider_operation': ['*', '*/*', 'openai/*', '*/CHAT', 'open*/chat', 'openai', '/'],
  'git.repo': ['*', 'github/own/*', 'github/own/one', 'git*', '/*', 'github/*'],
  task: ['*', 'projects/a/*', 'projects/A/tasks/b', '*/b'],
  preference: ['*', 'group/*', 'group/a', 'system', 'gr*'],
  'connector.operation': ['*', '*/*/*', 'mail/1/send', 'mail/1', 'mail/*/send', 'm*/1/send'],
  node: ['*', 'n1', 'n*'],
};
const types = Object.keys(resources);
const pick = (values: readonly string[] = []) => fc.constantFrom(...values);

const conditions = fc.option(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    fc.record({
      agent_types: fc.oneof(
        fc.subarray(agentTypes),
        fc.constant(['sandbx']),
        fc.constant('sandbox'),
      ),
    }),
    fc.record({
      args: fc.constantFrom(
        { scope: 'user' },
        { scope: ['task', 'user'] },
        { n: 1, scope: 'task' },
        [],
        { o: { b: 1, a: [2] } },
        { scope: [] },
      ),
    }),
    fc.record(
      {
        valid_from: fc.constantFrom('2026-06-01T00:00:00Z', '2026-06-01T00:00:01Z', 'soon', 1),
        valid_until: fc.constantFrom('2026-06-01T00:00:00Z', '2026-06-01T02:00:00.5+01:00', null),
      },
      { requiredKeys: [] },
    ),
    fc.constantFrom(
      { max_chars: 5 },
      { max_chars: -1 },
      { hat: true },
      { constructor: 1 },
      { methods: ['GET'] },
      { rate_limit: {} },
    ),
  ),
  { nil: undefined },
);

/** Of each family, so that most rules are about the call. */
const families = [
  ['mcp.tool.invoke', 'mcp.*', 'mcp.tool.*'],
  ['git.pr.create', 'git.*', 'git.pr.*'],
  ['web.fetch', 'web.*', '*'],
  ['task.read', 'task.', 'task.read.*'],
] as const;
const anyAction = fc.constantFrom(...families.flat());

const ruleOf = (resourceType: string, action: fc.Arbitrary<string>): fc.Arbitrary<AccessRule> =>
  fc.record({
    id: fc.constantFrom('r1', 'r2', 'r3', 'r4', 'r5', 'r6'),
    subject: fc.oneof(
      { weight: 2, arbitrary: fc.constant({ type: 'system' as const, id: undefined }) },
      {
        weight: 4,
        arbitrary: fc.record({
          type: fc.constantFrom(
            'user' as const,
            'group' as const,
            'project' as const,
            'task' as const,
          ),
          id: ids,
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          type: fc.constant('agent' as const),
          id: fc.constantFrom(...Object.values(agentSubjectIds)),
        }),
      },
    ),
    action,
    resourceType: fc.constant(resourceType),
    resourcePattern: pick(patterns[resourceType]),
    effect: fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const),
    priority: fc.integer({ min: -1, max: 2 }),
    conditions,
  });

const context: fc.Arbitrary<AccessContext> = fc.record({
  userId: fc.option(ids, { nil: undefined, freq: 8 }),
  groupIds: fc.subarray(['a', 'b']),
  projectId: fc.option(ids, { nil: undefined }),
  taskId: fc.option(ids, { nil: undefined }),
  agentType: fc.option(fc.constantFrom(...agentTypes), { nil: undefined }),
});

const requestOf = (resourceType: string, action: string): fc.Arbitrary<AccessRequest> =>
  fc.record({
    context,
    action: fc.constant(action),
    resourceType: fc.constant(resourceType),
    resource: pick(resources[resourceType]),
    args: fc.constantFrom(
      undefined,
      { scope: 'user' },
      { n: 1, scope: 'task' },
      { o: { a: [2], b: 1 } },
    ),
    at: fc.constant(now),
    isGranted: fc.boolean(),
  });

const anyOther = fc.oneof(...types.map((type) => ruleOf(type, anyAction)));
const cases = types.flatMap((type) =>
  families.map((family) =>
    fc.tuple(
      fc.array(
        fc.oneof(
          { weight: 4, arbitrary: ruleOf(type, fc.constantFrom(...family)) },
          { weight: 1, arbitrary: anyOther },
        ),
        { maxLength: 6 },
      ),
      requestOf(type, family[0]),
    ),
  ),
);

describe('access by rules', () => {
  it('decides as a plain model does, in 100,000 cases', () => {
    const counts = new Map<string, number>();
    fc.assert(
      fc.property(fc.oneof(...cases), ([rules, asked]) => {
        const { decision, reason, ruleId } = evaluateAccess(rules, asked);
        const said = { decision, reason, ruleId };
        expect(said).toStrictEqual(decideByReference(rules, asked));
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }),
      { numRuns: 100_000 },
    );
    // A generator that hardly ever meets a rule would prove nothing.
    for (const reason of ['rule_denies', 'rule_allows', 'granted', 'no_matching_rule']) {
      expect(counts.get(reason)).toBeGreaterThan(2000);
    }
  });

  it('lets a denial beat every allow, and names the rule of highest priority, then of lowest id', () => {
    const allow = rule({ id: 'a', effect: 'allow', priority: 1000 });
    expect(evaluateAccess([allow, rule({ id: 'd', priority: 1 })], request())).toStrictEqual({
      decision: 'deny',
      reason: 'rule_denies',
      ruleId: 'd',
    });
    const same = [
      rule({ id: 'z', priority: 2 }),
      rule({ id: 'y', priority: 2 }),
      rule({ id: 'x' }),
    ];
    expect(evaluateAccess(same, request())).toMatchObject({ ruleId: 'y' });
    expect(evaluateAccess(same.toReversed(), request())).toMatchObject({ ruleId: 'y' });
  });

  it('denies controlled capabilities without a rule, whatever a role or a list grants', () => {
    const bare = { resourceType: 'node', resource: 'n', isGranted: true };
    for (const action of ['api.call', 'git.pr.create', 'connector.mail', 'sandbox_image.use']) {
      expect(outcome([], { ...bare, action })).toBe('deny no_matching_rule');
    }
    expect(outcome([], { ...bare, action: 'task.read' })).toBe('allow granted');
    expect(outcome([], { ...bare, action: 'task.read', isGranted: false })).toBe(
      'deny no_matching_rule',
    );
  });

  it('asks of a sandbox an allow for its task, project or kind', () => {
    const asked = {
      action: 'web.fetch',
      resourceType: 'web.domain',
      resource: 'example.com',
      context: { userId: 'u1', groupIds: ['g1'], taskId: 't1', agentType: 'sandbox' as const },
    };
    const allow = (subject: AccessRule['subject']): AccessRule =>
      rule({ action: 'web.fetch', resourceType: 'web.domain', effect: 'allow', subject });
    const wide = [
      allow({ type: 'system', id: undefined }),
      allow({ type: 'user', id: 'u1' }),
      allow({ type: 'group', id: 'g1' }),
    ];
    expect(outcome(wide, asked)).toBe('deny no_matching_rule');
    expect(outcome([...wide, allow({ type: 'task', id: 't1' })], asked)).toBe('allow rule_allows');
    expect(outcome([allow({ type: 'agent', id: agentSubjectIds.sandbox })], asked)).toBe(
      'allow rule_allows',
    );
  });

  it('names kinds of agents by the UUIDv5 of their URN', () => {
    const urls = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');
    for (const type of agentTypes) {
      const hash = createHash('sha1').update(urls).update(`urn:cynodeai:agent:${type}`).digest();
      hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
      hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
      const id = hash
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/u, '$1-$2-$3-$4-$5');
      expect(agentSubjectIds[type]).toBe(id);
    }
  });

  it('takes the strictest of all allows for the limits, and one allow for group credentials', () => {
    const allow = (id: string, conditions: AccessRule['conditions']): AccessRule =>
      rule({ id, effect: 'allow', conditions });
    const rate = { requests: 1, per_seconds: 2, per: 'task' };
    const decided = evaluateAccess(
      [
        allow('a', { max_chars: 10, methods: ['GET', 'POST'], allowed_models: ['m*'] }),
        allow('b', { max_chars: 5, methods: ['GET'], credential_owner_types: ['group'] }),
        allow('c', { allowed_models: ['m1'], rate_limit: rate }),
      ],
      request({ isGranted: false }),
    );
    expect(decided).toMatchObject({
      decision: 'allow',
      limits: {
        max_chars: 5,
        methods: ['GET'],
        allowed_models: [['m*'], ['m1']],
        rate_limits: [rate],
        credential_owner_types: ['user', 'group'],
      },
    });
    expect(evaluateAccess([], request())).toMatchObject({
      limits: { credential_owner_types: ['user'], allowed_models: [], rate_limits: [] },
    });
  });

  it('covers an action by itself and by every family above it', () => {
    expect(actionsCovering('git.pr.create')).toStrictEqual(['git.pr.create', 'git.*', 'git.pr.*']);
    expect(actionsCovering('solo')).toStrictEqual(['solo']);
  });
});

describe('a pattern', () => {
  const meets = (type: string, pattern: string, resource: string): boolean | undefined => {
    const spelled = normalResource(type, resource);
    return spelled === undefined ? undefined : readPattern(type, pattern)?.(spelled);
  };

  it.each([
    ['web.domain', '*.example.com', 'a.b.EXAMPLE.com', true],
    ['web.domain', '*.example.com', 'example.com', false],
    ['web.domain', 'bücher.example', 'xn--bcher-kva.example', true],
    ['web.domain', 'example.com', 'example.com.', true],
    ['web.domain', 'example.com', 'example.com:8080', undefined],
    ['web.domain', 'example.com', 'user@example.com', undefined],
    ['web.url_pattern', 'https://*.example.com/*', 'https://evil.net/x.example.com/', false],
    ['web.url_pattern', 'HTTPS://A.Example.com/*', 'https://a.example.com/Path#part', true],
    ['web.url_pattern', 'https://example.com', 'https://example.com', true],
    ['web.url_pattern', 'https://example.com', 'https://example.com/deeper', false],
    ['web.url_pattern', 'https://evil.net/*', 'https://evil.net./x', true],
    ['web.url_pattern', 'https://*', 'https://a@evil.net/', undefined],
    ['api.provider_operation', 'openai/*', 'OpenAI/Chat', true],
    ['api.provider_operation', 'open*/chat', 'openai/chat', undefined],
    ['project', 'projects/*', 'projects/0A', true],
    ['git.repo', 'github/own*', 'github/owner', undefined],
    ['constructor', 'n*', 'n1', undefined],
    ['mcp.tool', 'sandbox.*', 'sandbox.run', true],
    ['mcp.tool', 'a*a', 'a', false],
    ['user', '', 'u', undefined],
    ['user', '*', '', undefined],
  ])('of %s: %s on %s is %s', (type, pattern, resource, expected) => {
    expect(meets(type, pattern, resource)).toBe(expected);
  });

  it('stays fast where an expression with many stars would not', () => {
    const text = 'a'.repeat(20_000);
    const startedAt = performance.now();
    expect(matchesGlob(`${'a*'.repeat(200)}b`, text)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});
