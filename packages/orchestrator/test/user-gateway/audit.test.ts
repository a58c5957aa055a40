import { auditEventListSchema, auditLogs } from '@cynodeai/contracts/gateway';
import { sql } from 'kysely';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { as } from './support/admin.ts';
import { Administration } from './support/administration.ts';
import type { Answer } from './support/http.ts';

const canary = 'canary-of-a-value';
const actor = randomUUID();
const task = randomUUID();
/** Before anything that happens in this test, so that these rows stand alone. */
const day = '2026-01-02T00:00:00.000Z';

let office: Administration;

/** One row in each log, all at the same moment, but for those of `later`. */
async function fill(): Promise<void> {
  const { db } = office.one;
  const by = `user:${actor}`;
  const value = JSON.stringify(canary);
  for (const insert of [
    sql`insert into gateway_audit_log (created_at, request_id, user_id, action, resource_type, resource_id, decision,
          status_code, details) values (${day}, 'r-1', ${actor}, 'task.read', 'task', ${task}, 'deny', 404, ${`{"x": ${value}}`})`,
    sql`insert into auth_audit_log (created_at, event_type, user_id, subject_handle, success, reason)
          values (${day}, 'login_failure', ${actor}, ${canary}, false, 'invalid_password')`,
    sql`insert into access_control_audit_log (created_at, user_id, action, resource_type, resource, decision, task_id)
          values (${day}, ${actor}, 'api.call', 'provider', 'a/b', 'allow', ${task})`,
    sql`insert into mcp_tool_call_audit_log (created_at, completed_at, user_id, tool_name, decision, status, error_type,
          task_id, agent_type) values (${day}, ${day}, ${actor}, 'db.task.get', 'deny', 'error', 'context_mismatch',
          ${task}, 'sandbox')`,
    sql`insert into system_settings_audit_log (changed_at, key, new_value, changed_by)
          values (${day}, 'a.key', ${value}, ${by})`,
    sql`insert into preference_audit_log (changed_at, scope_type, key, operation, new_value, changed_by)
          values (${day}, 'system', 'a.preference', 'create', ${value}, ${by})`,
    sql`insert into chat_audit_log (created_at, user_id, outcome, redaction_applied)
          select ${day}::timestamptz, id, 'timeout', false from users where handle = 'root'`,
    sql`insert into skill_audit_log (created_at, actor, action, result) values (${day}, ${by}, 'load', 'pass')`,
  ]) {
    await insert.execute(db);
  }
}

beforeAll(async () => {
  office = await Administration.start();
  await fill();
});
afterAll(() => office[Symbol.asyncDispose]());

const read = (query = '', who: { token: string } = office.root): Promise<Answer> =>
  as(office.one, who, 'GET', `/v1/audit${query}`);

async function pageOf(query: string) {
  const { status, body } = await read(query);
  expect(status).toBe(200);
  return auditEventListSchema.parse(body);
}

const thatDay = `since=${day}&until=2026-01-03T00:00:00Z`;

describe('the audit events', () => {
  it('hold a row of every log in one form, and no content of any', async () => {
    const answer = await read(`?${thatDay}`);
    const { events } = auditEventListSchema.parse(answer.body);
    expect(new Set(events.map(({ log }) => log))).toEqual(new Set(auditLogs));
    expect(events.every(({ ts }) => ts === day)).toBe(true);
    const of = (log: string) => events.find((event) => event.log === log);
    expect(of('gateway')).toMatchObject({
      actor_id: actor,
      action: 'task.read',
      resource_type: 'task',
      resource_id: task,
      decision: 'deny',
    });
    expect(of('auth')).toMatchObject({ action: 'auth.login_failure', decision: 'deny' });
    expect(of('mcp_tool_call')).toMatchObject({ resource_id: 'db.task.get', decision: 'deny' });
    expect(of('system_settings')).toMatchObject({ actor_id: actor, resource_id: 'a.key' });
    // An answer that did not come is no refusal.
    expect(of('chat')).toMatchObject({ action: 'chat.complete', decision: 'allow' });
    expect(of('preference')).toMatchObject({ action: 'preference.create', actor_id: actor });
    expect(of('skill')).toMatchObject({ actor_id: actor, decision: 'allow' });
    for (const { event_id: id, log } of events) {
      const one = await read(`/${id}`);
      expect([one.status, one.body['log'], one.body['event_id']]).toEqual([200, log, id]);
      expect(one.text).not.toContain(canary);
    }
    expect(answer.text).not.toContain(canary);
  });

  it('tell of one what its log has beside', async () => {
    const { events } = await pageOf(`?${thatDay}`);
    const detail = async (log: string) => {
      const event = events.find((one) => one.log === log);
      return (await read(`/${event?.event_id ?? ''}`)).body;
    };
    expect(await detail('mcp_tool_call')).toMatchObject({
      task_id: task,
      reason: 'context_mismatch',
    });
    expect(await detail('gateway')).toMatchObject({ request_id: 'r-1' });
    expect((await read(`/${randomUUID()}`)).status).toBe(404);
    expect((await read('/nonsense')).status).toBe(400);
  });

  it('come in pages that miss and repeat none, also where many have one moment', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const next = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await pageOf(`?${thatDay}&limit=3${next}`);
      seen.push(...page.events.map(({ event_id }) => event_id));
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    const { events } = await pageOf(`?${thatDay}`);
    expect(seen).toEqual(events.map(({ event_id }) => event_id));
    expect(seen).toHaveLength(auditLogs.length);
    expect((await read('?cursor=made-up')).status).toBe(400);
  });

  it('are narrowed by who, what and when', async () => {
    const logsOf = async (query: string) => (await pageOf(query)).events.map(({ log }) => log);
    expect((await logsOf(`?actor_id=${actor}`)).toSorted()).toEqual(
      auditLogs.filter((log) => log !== 'chat').toSorted(),
    );
    expect(await logsOf(`?${thatDay}&resource_type=mcp.tool`)).toEqual(['mcp_tool_call']);
    expect(await logsOf(`?actor_id=${actor}&since=2026-01-02T00:00:00.001Z`)).toEqual([]);
    expect(await logsOf(`?actor_id=${actor}&until=${day}`)).toEqual([]);
    const { db } = office.one;
    await sql`insert into auth_audit_log (created_at, event_type, success) values (${day}, 'node_registered', true)`.execute(
      db,
    );
    expect(await logsOf(`?${thatDay}&resource_type=node`)).toEqual(['auth']);
    expect(await logsOf(`?${thatDay}&resource_type=user`)).toEqual(['auth']);
    for (const bad of ['since=yesterday', 'actor_id=me', `since=${day}&until=2026-01-01T00:00:00Z`])
      expect([bad, (await read(`?${bad}`)).status]).toEqual([bad, 400]);
  });

  it('are for system owner, admin and operator; what they read is an event too', async () => {
    for (const role of ['member', 'viewer']) {
      const who = await office.holderOf(role);
      expect([role, (await read('', who)).status]).toEqual([role, 403]);
      const { events } = await pageOf(`?actor_id=${who.id}&resource_type=audit_event`);
      expect(events).toMatchObject([{ action: 'audit.read', decision: 'deny' }]);
    }
    for (const role of ['admin', 'operator']) {
      const who = await office.holderOf(role);
      expect([role, (await read('', who)).status]).toEqual([role, 200]);
      await expect
        .poll(async () => (await pageOf(`?actor_id=${who.id}&limit=1`)).events)
        .toMatchObject([{ action: 'audit.read', decision: 'allow' }]);
    }
  });
});
