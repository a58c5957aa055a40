import { scopedIds, scopedIdsOf, toolAgents, toolCatalogue } from '@cynodeai/contracts/mcp';
import type { Client } from '@modelcontextprotocol/client';
import { uuidv7 } from '@cynodeai/runtime/std';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isInScope, isListedFor } from '../../src/domain/mcp/judge-tool.ts';
import { type Envelope, callTool, connect } from './support/client.ts';
import { builtOfCatalogue, exampleArguments } from './support/example-arguments.ts';
import {
  type TestMcpGateway,
  type TestWork,
  addUser,
  addWork,
  agentsOf,
  auditRows,
  startTestMcpGateway,
} from './support/gateway.ts';

const tables = [
  'tasks',
  'jobs',
  'runs',
  'task_artifacts',
  'task_events',
  'task_verifications',
  'job_memories',
  'preference_entries',
  'system_settings',
];

describe('tools of the catalogue', () => {
  let gateway: TestMcpGateway;
  let own: TestWork;
  let other: TestWork;
  let foreign: TestWork;
  const clients = new Map<string, Client>();

  beforeAll(async () => {
    gateway = await startTestMcpGateway();
    const ada = await addUser(gateway, 'ada');
    own = await addWork(gateway, ada);
    // One of the same user that the agents were not handed, and one of somebody else.
    other = await addWork(gateway, ada);
    foreign = await addWork(gateway, await addUser(gateway, 'bob'));
    const agents = await agentsOf(gateway, own);
    for (const agent of toolAgents) clients.set(agent, await connect(gateway, agents[agent]));
  });
  afterAll(async () => {
    await Promise.all([...clients.values()].map((client) => client.close()));
    await gateway[Symbol.asyncDispose]();
  });

  const clientOf = (agent: string): Client => {
    const client = clients.get(agent);
    if (client === undefined) throw new Error(`no client of ${agent}`);
    return client;
  };

  /** All that tools may change, as one text. */
  async function state(): Promise<string> {
    const read = tables.map((table) =>
      sql`select to_jsonb(t) as row from ${sql.table(table)} t order by to_jsonb(t)::text`.execute(
        gateway.db,
      ),
    );
    return JSON.stringify((await Promise.all(read)).map(({ rows }) => rows));
  }

  /** Arguments whose ids are missing, nobody's, another task's or of tasks that do not belong together. */
  function brokenArguments(tool: (typeof builtOfCatalogue)[number]) {
    const good = exampleArguments(tool, own);
    return Object.entries(scopedIdsOf(tool)).flatMap(([id, isNeeded]) => {
      const of = (work: TestWork): string =>
        ({ task_id: work.taskId, job_id: work.jobId, run_id: work.runId })[id] ?? '';
      const { [id]: _left, ...without } = good;
      return [
        ...(isNeeded ? [{ why: `no ${id}`, args: without, type: 'missing_scoped_id' }] : []),
        ...[uuidv7(), of(other), of(foreign)].map((value) => ({
          why: `${id} of somebody else`,
          args: { ...good, [id]: value },
          type: 'context_mismatch',
        })),
        { why: `an ${id} that is none`, args: { ...good, [id]: 'x' }, type: 'invalid_arguments' },
      ];
    });
  }

  it.each(toolAgents)(
    'refuse ids that are not of the work of a %s, with one row each and no effect',
    async (agent) => {
      const before = await state();
      const rowsBefore = (await auditRows(gateway)).length;
      const expected: { tool: string; type: string }[] = [];
      const words = new Map<string, Set<string>>();
      const mine = builtOfCatalogue.filter(
        (tool) => isListedFor({ agent }, tool) && isInScope({ agent }, tool),
      );
      for (const tool of mine) {
        for (const { why, args, type } of brokenArguments(tool)) {
          const answer = await callTool(clientOf(agent), tool.name, args);
          expect(answer.error?.type, `${tool.name}: ${why}`).toBe(type);
          expected.push({ tool: tool.name, type });
          if (type !== 'context_mismatch') continue;
          const key = `${tool.name} ${why}`;
          words.set(key, (words.get(key) ?? new Set()).add(answer.error?.message ?? ''));
        }
      }
      expect(expected.length).toBeGreaterThan(10);
      // What does not exist and what is another's are told apart for nobody.
      for (const [key, told] of words) expect(told.size, key).toBe(1);
      const rows = (await auditRows(gateway)).slice(rowsBefore);
      expect(rows.map((row) => ({ tool: row.tool_name, type: row.error_type }))).toEqual(expected);
      expect(rows.every((row) => row.decision === 'deny' && row.status === 'error')).toBe(true);
      expect(rows.every((row) => row.task_id === null && row.job_id === null)).toBe(true);
      expect(await state()).toBe(before);
    },
  );

  it.each(toolAgents)('are open to a %s as the table says, and to nobody else', async (agent) => {
    const refusals = ['not_allowlisted', 'scope_denied'];
    const rowsBefore = (await auditRows(gateway)).length;
    for (const tool of toolCatalogue) {
      const answer = await callTool(clientOf(agent), tool.name, exampleArguments(tool, own));
      const type = answer.error?.type ?? 'success';
      const isOpen = isListedFor({ agent }, tool) && isInScope({ agent }, tool);
      expect(refusals.includes(type), `${tool.name}: ${type}`).toBe(!isOpen);
      if (isOpen && tool.work === 'reserved') expect(type, tool.name).toBe('not_implemented');
      if (isOpen && tool.agents[agent] === 'rule') expect(type, tool.name).toBe('policy_denied');
      expect(type, tool.name).not.toBe('internal');
      expect(type, tool.name).not.toBe('invalid_response');
      expect(type, tool.name).not.toBe('invalid_arguments');
    }
    expect((await auditRows(gateway)).length - rowsBefore).toBe(toolCatalogue.length);
  });

  it.each(toolAgents)(
    'to come are not there yet for a %s, whatever they are given',
    async (agent) => {
      const toCome = toolCatalogue.filter(
        (tool) =>
          tool.work === 'reserved' && isListedFor({ agent }, tool) && isInScope({ agent }, tool),
      );
      expect(toCome.length).toBeGreaterThan(0);
      for (const { name } of toCome) {
        for (const id of scopedIds) {
          for (const value of [
            'x',
            '',
            '\u0000',
            own.taskId.toUpperCase(),
            7,
            null,
            [own.taskId],
          ]) {
            const { error } = await callTool(clientOf(agent), name, { [id]: value });
            expect(error?.type, `${name}: ${id} ${JSON.stringify(value)}`).toBe(
              value === '\u0000' ? 'invalid_arguments' : 'not_implemented',
            );
          }
        }
      }
    },
  );

  it.each(toolAgents)(
    'are listed for a %s in order of name: those it could call',
    async (agent) => {
      const { tools } = await clientOf(agent).listTools();
      const names = tools.map(({ name }) => name);
      expect(names).toEqual(
        builtOfCatalogue
          .filter((tool) => isListedFor({ agent }, tool) && isInScope({ agent }, tool))
          .map(({ name }) => name),
      );
      expect(names).toEqual(names.toSorted());
      for (const tool of tools) {
        expect(tool.inputSchema['additionalProperties'], tool.name).toBe(false);
        expect(tool.outputSchema, tool.name).toMatchObject({ anyOf: [{}, {}] });
      }
    },
  );

  it('wait for a context where a Project Manager names none', async () => {
    const agents = await agentsOf(gateway, own);
    const client = await connect(gateway, { token: agents.project_manager.token });
    const answers: [string, Envelope][] = [];
    for (const tool of builtOfCatalogue) {
      if (!isListedFor({ agent: 'project_manager' }, tool) || tool.scope === 'sandbox') continue;
      if (tool.agents.project_manager === 'rule') continue;
      const isOfSomebody = tool.needsUser === true || Object.keys(scopedIdsOf(tool)).length > 0;
      if (!isOfSomebody) continue;
      answers.push([tool.name, await callTool(client, tool.name, exampleArguments(tool, own))]);
    }
    await client.close();
    for (const [name, { error }] of answers) expect(error?.type, name).toBe('context_missing');
    expect(answers.length).toBeGreaterThan(15);
  });
});
