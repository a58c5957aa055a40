import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownMetadataKeys } from '@cynodeai/contracts/mcp';
import { uuidv7 } from '@cynodeai/runtime/std';
import type { Client } from '@modelcontextprotocol/client';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callTool, connect } from './support/client.ts';
import {
  type TestMcpGateway,
  type TestWork,
  addUser,
  addWork,
  agentsOf,
  auditRows,
  startTestMcpGateway,
} from './support/gateway.ts';

describe('what agents cannot write', () => {
  let gateway: TestMcpGateway;
  let work: TestWork;
  let manager: Client;
  let analyst: Client;
  let sandbox: Client;

  beforeAll(async () => {
    gateway = await startTestMcpGateway();
    work = await addWork(gateway, await addUser(gateway, 'ada'));
    const agents = await agentsOf(gateway, work);
    manager = await connect(gateway, agents.project_manager);
    analyst = await connect(gateway, agents.project_analyst);
    sandbox = await connect(gateway, agents.sandbox);
  });
  afterAll(async () => {
    await Promise.all([manager, analyst, sandbox].map((client) => client.close()));
    await gateway[Symbol.asyncDispose]();
  });

  async function done(
    client: Client,
    name: string,
    args: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const answer = await callTool(client, name, args);
    expect(answer, `${name}: ${answer.error?.message}`).toMatchObject({ status: 'success' });
    return answer.result ?? {};
  }

  it('is what the database cannot keep, wherever it stands in arguments', async () => {
    const { taskId: task_id } = work;
    const judged = { task_id, step_index: 4, attempt: 1, status: 'pass' };
    const lists = ['findings', 'recommended_actions', 'preferences_applied'] as const;
    const none = Object.fromEntries(lists.map((name) => [name, []]));
    const before = (await auditRows(gateway)).length;
    let calls = 0;
    for (const text of ['\u0000', 'a\u0000b', '\uD800', 'a\uDFFF']) {
      for (const value of [
        text,
        [text],
        { why: text },
        { [text]: 1 },
        { deep: [{ in: [text] }] },
      ]) {
        const change = { task_id, metadata_patch: { note: value } };
        const answers = [await callTool(manager, 'db.task.update', change)];
        for (const name of lists) {
          const args = { ...judged, ...none, [name]: [value] };
          answers.push(await callTool(analyst, 'db.verification.create', args));
        }
        for (const { error } of answers) {
          expect(error?.type, JSON.stringify(value)).toBe('invalid_arguments');
        }
        calls += answers.length;
      }
    }
    const rows = (await auditRows(gateway)).slice(before);
    expect(rows).toHaveLength(calls);
    expect(new Set(rows.map((row) => row.error_type))).toEqual(new Set(['invalid_arguments']));
    const { task } = await done(manager, 'db.task.get', { task_id });
    expect(task).not.toMatchObject({ metadata: { note: expect.anything() as unknown } });
  });

  it('is what the product keeps in the metadata of a task', async () => {
    const { taskId: task_id } = work;
    const before = await done(manager, 'db.task.get', { task_id });
    for (const key of ownMetadataKeys) {
      for (const value of [5, 'x', ['x'], { stalled_takeovers: 'x' }, null]) {
        const patch = { task_id, metadata_patch: { mine: 1, [key]: value } };
        expect(
          await callTool(manager, 'db.task.update', patch),
          `${key} ${JSON.stringify(value)}`,
        ).toMatchObject({ error: { type: 'invalid_arguments' } });
      }
    }
    expect(await done(manager, 'db.task.get', { task_id })).toEqual(before);
    const mine = { superseded_by: uuidv7(), mine: { commands: ['x'] } };
    expect(await done(manager, 'db.task.update', { task_id, metadata_patch: mine })).toMatchObject({
      task: { metadata: mine },
    });
  });

  it('is any key of metadata that a statement looks at', async () => {
    const root = fileURLToPath(new URL('../../src/adapters/postgres', import.meta.url));
    const names = await readdir(root, { recursive: true });
    const read = new Set<string>();
    for (const name of names.filter((one) => one.endsWith('.ts'))) {
      const text = await readFile(join(root, name), 'utf8');
      for (const [, key = ''] of text.matchAll(/\bt\.metadata ->>? '(\w+)'/gu)) read.add(key);
    }
    expect(read.size).toBeGreaterThan(8);
    expect(
      [...read].filter((key) => !(ownMetadataKeys as readonly string[]).includes(key)),
    ).toEqual([]);
  });

  it('is among the files that the user sent', async () => {
    const { taskId: task_id, jobId: job_id } = work;
    const put = { task_id, job_id, content_bytes_base64: 'AAE=' };
    const given = 'upload/in.csv';
    await sql`
      insert into task_artifacts (task_id, path, storage_ref, size_bytes)
      values (${task_id}::uuid, ${given}, 'none', 1)`.execute(gateway.db);
    for (const client of [sandbox, manager]) {
      for (const path of [given, 'upload/new', 'upload/a/b']) {
        const { error } = await callTool(client, 'artifact.put', { ...put, path });
        expect(error?.type, path).toBe('invalid_arguments');
      }
    }
    expect(await done(sandbox, 'artifact.list', { task_id, prefix: 'upload/' })).toMatchObject({
      artifacts: [{ path: given, size_bytes: 1 }],
      next_cursor: null,
    });
    for (const path of ['uploads/a', 'Upload/a', 'out/upload/a']) {
      await done(sandbox, 'artifact.put', { ...put, path });
    }
  });
});
