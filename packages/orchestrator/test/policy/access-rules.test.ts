import { randomUUID } from 'node:crypto';
import { type TestDatabase, createTestDatabase, memoryLog } from '@cynodeai/testing';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { postgresAccessRules } from '../../src/adapters/postgres/policy/access-rules.ts';
import type { Database } from '../../src/adapters/postgres/tables.ts';
import { decideAccess } from '../../src/app/access/decide-access.ts';
import { agentSubjectIds } from '../../src/domain/policy/access-rule.ts';
import type { AccessRequest } from '../../src/domain/policy/evaluate-access.ts';

const log = memoryLog();
let test: TestDatabase;
let db: Kysely<Database>;

beforeAll(async () => {
  test = await createTestDatabase();
  db = openDatabase({ url: test.url, applicationName: 'test', log });
});
beforeEach(() => db.deleteFrom('access_control_rules').execute());
afterAll(async () => {
  await db.destroy();
  await test.close();
});

const [userId, groupId, projectId, taskId, stranger] = Array.from({ length: 5 }, () =>
  randomUUID(),
);
const context = {
  userId,
  groupIds: [groupId ?? ''],
  projectId,
  taskId,
  agentType: 'sandbox' as const,
};

const rule = (effect: 'allow' | 'deny', change: Readonly<Record<string, unknown>> = {}) =>
  db
    .insertInto('access_control_rules')
    .values({
      subject_type: 'system',
      subject_id: null,
      action: 'mcp.tool.invoke',
      resource_type: 'mcp.tool',
      resource_pattern: 'db.*',
      effect,
      updated_by: 'system',
      ...change,
    })
    .returning('id')
    .executeTakeFirstOrThrow();

const asked = (change: Partial<AccessRequest> = {}): AccessRequest => ({
  context,
  action: 'mcp.tool.invoke',
  resourceType: 'mcp.tool',
  resource: 'db.task.get',
  at: new Date(),
  isGranted: true,
  ...change,
});
const decide = (change?: Partial<AccessRequest>) =>
  decideAccess({ rules: postgresAccessRules(db), log }, asked(change));

it('knows the rules of everybody a call is about, and of nobody else', async () => {
  const subjects = [
    ['user', userId],
    ['group', groupId],
    ['project', projectId],
    ['task', taskId],
    ['agent', agentSubjectIds.sandbox],
  ] as const;
  for (const [subject_type, subject_id] of subjects) {
    await rule('deny', { subject_type, subject_id: stranger });
    expect(await decide()).toMatchObject({ decision: 'allow', reason: 'granted' });
    const { id } = await rule('deny', { subject_type, subject_id });
    expect(await decide()).toStrictEqual({ decision: 'deny', reason: 'rule_denies', ruleId: id });
    await db.deleteFrom('access_control_rules').where('id', '=', id).execute();
  }
});

it('counts from the next call on, by families of actions, conditions and unreadable denials', async () => {
  const limited = { action: 'mcp.*', conditions: JSON.stringify({ args: { task_id: 'x' } }) };
  await rule('deny', limited);
  expect(await decide({ args: { task_id: 'y' } })).toMatchObject({ decision: 'allow' });
  expect(await decide({ args: { task_id: 'x' } })).toMatchObject({ decision: 'deny' });
  const { id } = await rule('deny', { resource_type: 'web.domain', resource_pattern: 'a*b' });
  expect(await decide()).toMatchObject({ reason: 'rule_denies', ruleId: id });
});

it('denies when the rules cannot be read', async () => {
  const url = test.url.replaceAll(/\/[^/?]+(\?|$)/gu, '/nowhere$1');
  const other = openDatabase({ url, applicationName: 'test', log });
  const decision = await decideAccess({ rules: postgresAccessRules(other), log }, asked());
  await other.destroy();
  expect(decision).toMatchObject({ decision: 'deny', reason: 'rules_unreadable' });
});
