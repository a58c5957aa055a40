import { HttpClient } from '@cynodeai/runtime/call';
import { uuidv7 } from '@cynodeai/runtime/std';
import { type ScriptedModel, startScriptedModel, waitFor } from '@cynodeai/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomAgentTokens } from '../../src/adapters/crypto/agent-secrets.ts';
import { postgresAgentTokens } from '../../src/adapters/postgres/mcp/agent-tokens.ts';
import { putSetting } from '../support/put-setting.ts';
import {
  AgentCaller,
  decisionIds,
  decisionsSince,
  planCall,
  runnerToken,
} from './support/agent-calls.ts';
import { type TestControlPlane, testControlPlane } from './support/control-plane.ts';
import { type TaskIds, createTask } from './support/tasks.ts';

const small = 'small:1b';
const http = new HttpClient();
let model: ScriptedModel;
let plane: TestControlPlane;
let agents: AgentCaller;
let ids: TaskIds;
let before: ReadonlySet<unknown>;

const chats = () => model.requests.filter(({ path }) => path === '/api/chat');
const rows = () => decisionsSince(plane.db, before);

beforeAll(async () => {
  model = await startScriptedModel({ models: [small] });
  plane = await testControlPlane({
    env: {
      OLLAMA_BASE_URL: model.url,
      INFERENCE_MODEL: small,
      WORKFLOW_RUNNER_BEARER_TOKEN: runnerToken,
    },
  });
  agents = new AgentCaller(plane.url, http);
});
afterAll(async () => {
  await plane[Symbol.asyncDispose]();
  await http.close();
  await model.close();
});
beforeEach(async () => {
  model.setScript({ reply: 'scripted', quirks: {} });
  ids = await createTask(plane.db);
  await sql`
    update tasks set created_by = (select id from users where handle = 'admin') where id = ${ids.taskId}`.execute(
    plane.db,
  );
  before = await decisionIds(plane.db);
});

describe('a model call of what runs workflows', () => {
  it('is answered, and where it went is recorded without a word of it', async () => {
    const { lease_id, run_id } = await agents.lease(ids.taskId);
    expect(lease_id).toBeDefined();
    const answer = await agents.ask(planCall({ task_id: ids.taskId }));
    expect(answer).toEqual({
      message: { role: 'assistant', content: 'scripted' },
      model_ref: small,
      target: 'local',
      decision_id: expect.any(String),
      finish_reason: 'stop',
      usage: expect.objectContaining({ output_tokens: 1 }),
    });
    const recorded = await rows();
    expect(recorded).toMatchObject([
      {
        id: answer.decision_id,
        parent_decision_id: null,
        task_id: ids.taskId,
        run_id,
        agent: 'project_manager',
        purpose: 'plan',
        outcome: 'local',
        node_id: null,
        model_ref: small,
        primary_reason: 'local_capable',
        reasons: ['local_capable'],
        policy_decision: 'not_evaluated',
        result_status: 'completed',
        settings: {
          preferLocal: { value: true, source: 'default' },
          executionMode: { value: 'auto', source: 'default' },
        },
      },
    ]);
    expect(JSON.stringify([recorded, plane.log.lines])).not.toContain('SECRET-WORDS');
  });

  it('has tools, the form of its answer and its longest length; calls of tools come back', async () => {
    const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] };
    const parameters = { type: 'object', properties: { path: { type: 'string' } } };
    const asked = { function: { name: 'read', arguments: { path: 'x' } } };
    model.setScript({ reply: { kind: 'tools', calls: [asked] } });
    const answer = await agents.ask({
      ...planCall(),
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Read it.' },
        { role: 'assistant', content: '', tool_calls: [asked] },
        { role: 'tool', content: 'nothing', tool_name: 'read' },
      ],
      tools: [{ type: 'function', function: { name: 'read', parameters } }],
      response_format: { type: 'json_schema', json_schema: { name: 'plan', schema } },
      max_tokens: 8000,
    });
    expect(answer.message).toMatchObject({ content: '', tool_calls: [asked] });
    expect(chats().at(-1)?.json).toEqual({
      model: small,
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Read it.' },
        { role: 'assistant', content: '', tool_calls: [asked] },
        { role: 'tool', content: 'nothing', tool_name: 'read' },
      ],
      tools: [{ type: 'function', function: { name: 'read', parameters } }],
      format: schema,
      stream: true,
      think: false,
      truncate: false,
      options: { num_ctx: 4096, num_predict: 8000 },
    });
  });

  it.each([
    ['text', undefined],
    ['json_object', 'json'],
  ] as const)('of format %s asks for %s', async (type, format) => {
    await agents.ask({ ...planCall(), response_format: { type } });
    expect(Reflect.get(Object(chats().at(-1)?.json), 'format')).toBe(format);
  });

  it('may demand a model, and is refused one outside this install', async () => {
    const demanding = planCall({ required: { model_ref: 'other:1b' } });
    model.addModel('other:1b');
    expect(await agents.ask(demanding)).toMatchObject({ model_ref: 'other:1b' });
    for (const override of [{ target: 'external' }, { provider: 'somebody' }] as const) {
      const refusal = await agents.refusal(planCall({ override }));
      expect(refusal).toMatchObject({ status: 403, kind: 'routing_refused' });
      expect(refusal.detail).toMatch(/^external_override_denied: /);
    }
    expect(await rows()).toMatchObject([
      { outcome: 'local', model_ref: 'other:1b' },
      { outcome: 'refused', primary_reason: 'external_override_denied', result_status: null },
      {
        outcome: 'refused',
        primary_reason: 'external_override_denied',
        override: { provider: 'somebody' },
      },
    ]);
  });

  it('goes nowhere while the operator allows only models outside this install', async () => {
    const key = 'agents.project_manager.model.selection.execution_mode';
    await putSetting(plane.db, key, 'force_external');
    try {
      const refusal = await agents.refusal(planCall());
      expect(refusal.kind).toBe('routing_refused');
      expect(refusal.detail).toMatch(/^force_mode_unsatisfied: /);
      const analyst = { agent: 'project_analyst', purpose: 'verify' } as const;
      expect(await agents.ask(planCall(analyst))).toMatchObject({ target: 'local' });
    } finally {
      await sql`delete from system_settings where key = ${key}`.execute(plane.db);
    }
  });

  it('ends with its time, is not repeated, and says so', async () => {
    model.setScript({ reply: { kind: 'hang' } });
    const count = chats().length;
    const refusal = await agents.refusal({ ...planCall(), timeout_ms: 3000 });
    expect(refusal).toMatchObject({ status: 504, kind: 'timeout' });
    expect(chats()).toHaveLength(count + 1);
    expect(await rows()).toMatchObject([{ result_status: 'timeout' }]);
  });

  it('ends with its caller', async () => {
    model.setScript({ reply: { kind: 'hang' } });
    const count = chats().length;
    const leave = new AbortController();
    const call = agents.ask(planCall(), runnerToken, leave.signal).catch(() => 'left');
    await waitFor(() => chats().length > count);
    leave.abort();
    expect(await call).toBe('left');
    expect(await chats().at(-1)?.ended).toBe('lost');
    await waitFor(async () => (await rows())[0]?.['result_status'] === 'aborted');
  });

  it('follows another, one at a time, and one that leaves its turn is not asked', async () => {
    const first = Promise.withResolvers<undefined>();
    const wait = { kind: 'wait', until: first.promise } as const;
    model.setScript({ reply: { ...wait, answer: { kind: 'say', text: 'slow' } } });
    const count = chats().length;
    const one = agents.ask(planCall());
    await waitFor(() => chats().length === count + 1);
    const impatient = await agents.refusal({ ...planCall(), timeout_ms: 1000 });
    expect(impatient).toMatchObject({ status: 503, kind: 'no_inference_path' });
    expect(impatient.detail).toMatch(/^model_answers_others: /);
    const two = agents.ask(planCall());
    expect(await rows()).toHaveLength(1);
    first.resolve(undefined);
    expect((await one).message.content).toBe('slow');
    expect((await two).message.content).toBe('slow');
    expect(chats()).toHaveLength(count + 2);
  });

  it('is put off, with the time to come back, by a service that is busy', async () => {
    model.setScript({ reply: { kind: 'busy' } });
    const body = JSON.stringify(planCall());
    const headers = { authorization: `Bearer ${runnerToken}`, 'content-type': 'application/json' };
    const url = `${plane.url}/v1/internal/inference`;
    const busy = await fetch(url, { method: 'POST', headers, body });
    expect(busy.status).toBe(503);
    expect(Number(busy.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await busy.json()).toMatchObject({ type: 'urn:cynodeai:error:no_inference_path' });
    model.setScript({ reply: 'free again' });
    await waitFor(async () => {
      const answer = await fetch(url, { method: 'POST', headers, body });
      return answer.status === 200;
    });
    expect((await rows())[0]).toMatchObject({ result_status: 'not_taken' });
  });

  it.each([
    ['a model that fails', { kind: 'error', status: 500, error: 'no' }, 502, 'upstream', 'failed'],
    ['an answer that is none', { kind: 'raw', body: '{' }, 502, 'upstream', 'failed'],
    [
      'tools without end',
      {
        kind: 'tools',
        calls: Array.from({ length: 65 }, () => ({ function: { name: 'x', arguments: {} } })),
      },
      502,
      'upstream',
      'failed',
    ],
  ] as const)('of %s is told apart', async (_what, reply, status, kind, result) => {
    model.setScript({ reply });
    expect(await agents.refusal(planCall())).toMatchObject({ status, kind });
    expect(await rows()).toMatchObject([{ result_status: result }]);
  });

  it('of more than a model can hold is refused with both numbers', async () => {
    model.setScript({ quirks: { context: 4096 } });
    const messages = [{ role: 'user' as const, content: 'x'.repeat(40_000) }];
    const refusal = await agents.refusal({ ...planCall(), messages });
    expect(refusal).toMatchObject({ status: 413, kind: 'payload_too_large' });
    expect(await rows()).toMatchObject([{ result_status: 'too_long' }]);
  });

  it('is checked: unknown fields, roles, numbers, tasks', async () => {
    const wrong = [
      { ...planCall(), temperature: 1 },
      { ...planCall(), messages: [] },
      { ...planCall(), messages: [{ role: 'boss', content: 'x' }] },
      { ...planCall(), timeout_ms: 240_001 },
      { ...planCall(), max_tokens: 0 },
      planCall({ agent: 'sandbox' as never }),
      planCall({ required: { gpu: true } as never }),
      planCall({ required: { model_ref: 'a' }, override: { model: 'b' } }),
      planCall({ override: { target: 'local', provider: 'p' } }),
    ];
    for (const call of wrong) {
      expect(await agents.refusal(call as never), JSON.stringify(call)).toMatchObject({
        kind: 'validation',
      });
    }
    const unknown = planCall({ task_id: crypto.randomUUID() });
    expect(await agents.refusal(unknown)).toMatchObject({ kind: 'not_found' });
    expect(await rows()).toEqual([]);
  });
});

describe('a model call of an agent with a token of its own', () => {
  const manager = { agent_type: 'project_manager' } as const;

  it('is for its own work: agent and task are those of the token', async () => {
    const { lease_id } = await agents.lease(ids.taskId);
    const of = { task_id: ids.taskId, lease_id, audience: 'inference' } as const;
    const token = await agents.token({ agent_type: 'project_analyst', ...of });
    const verify = { agent: 'project_analyst', purpose: 'verify' } as const;
    await agents.ask(planCall(verify), token);
    await agents.ask(planCall({ ...verify, task_id: ids.taskId }), token);
    const recorded = { agent: 'project_analyst', purpose: 'verify', task_id: ids.taskId };
    expect(await rows()).toMatchObject([recorded, recorded]);
    const { taskId: foreign } = await createTask(plane.db);
    for (const change of [{ ...verify, task_id: foreign }, { agent: 'project_manager' }] as const) {
      expect(await agents.refusal(planCall(change), token)).toMatchObject({
        kind: 'authorization',
      });
    }
    expect(await rows()).toHaveLength(2);
  });

  it('is taken of a Project Manager, and of no token of another door', async () => {
    const token = await agents.token({ ...manager, audience: 'inference' });
    expect(await agents.ask(planCall({ task_id: ids.taskId }), token)).toMatchObject({
      target: 'local',
    });
    const ofTools = await agents.token({ ...manager, audience: 'mcp' });
    for (const bearer of [ofTools, 'x'.repeat(300), 'nonsense']) {
      expect(await agents.refusal(planCall(), bearer)).toMatchObject({ kind: 'authentication' });
    }
  });

  it('is not taken of an agent in a sandbox', async () => {
    const { token, hash } = randomAgentTokens.make();
    const { rows: users } = await sql<{ id: string }>`
      select id from users where handle = 'admin'`.execute(plane.db);
    await postgresAgentTokens(plane.db).issue({
      id: uuidv7(),
      hash,
      audience: 'inference',
      agent: 'sandbox',
      userId: users[0]?.id,
      projectId: undefined,
      taskId: ids.taskId,
      jobId: ids.jobId,
      expiresAt: new Date(Date.now() + 600_000),
      at: new Date(),
    });
    expect(await agents.refusal(planCall(), token)).toMatchObject({ kind: 'authorization' });
  });
});
