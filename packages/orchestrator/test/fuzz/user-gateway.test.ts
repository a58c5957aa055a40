import { gatewayRoutes, tokenResponseSchema } from '@cynodeai/contracts/gateway';
import type { Route } from '@cynodeai/contracts/common';
import { type FuzzTarget, fuzzRun, secretCanary } from '@cynodeai/testing/fuzz';
import { packTree } from '@cynodeai/runtime/archive';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type TestGateway, startTestGateway, testKey } from '../user-gateway/support/gateway.ts';
import { call } from '../user-gateway/support/http.ts';
import { cancel, create } from '../user-gateway/support/tasks.ts';
import { addUser, bindRole, setPassword } from '../user-gateway/support/users.ts';
import { logText } from './support/log-text.ts';

const password = 'correct horse battery staple 71';
const readTimeoutMs = 4000;

let gateway: TestGateway;
const eventId = crypto.randomUUID();
let target: FuzzTarget;

/** Right requests of routes that read one thing: the first one of the list beside it. */
async function listedSamples(token: string): Promise<FuzzTarget['samples']> {
  const one = Object.values<Route>(gatewayRoutes).filter(
    ({ method, path }) => method === 'GET' && path.endsWith('/{id}'),
  );
  const samples = one.map(async ({ operation, path }) => {
    const { body } = await call(gateway.url, 'GET', path.replace('/{id}', ''), { token });
    const first = z.array(z.looseObject({})).parse(Object.values(body)[0])[0];
    return [operation, [{ params: { id: String(first?.['id'] ?? first?.['node_id']) } }]] as const;
  });
  return Object.fromEntries(await Promise.all(samples));
}

beforeAll(async () => {
  gateway = await startTestGateway({ env: { READ_TIMEOUT: `${readTimeoutMs}ms` } });
  const admin = await addUser(gateway, 'fuzz-admin');
  const victim = await addUser(gateway, 'fuzz-victim');
  await setPassword(gateway, admin.id, password);
  await bindRole(gateway, { type: 'user', id: admin.id }, 'admin');
  const viewing = await bindRole(gateway, { type: 'user', id: victim.id }, 'viewer');
  const login = await call(gateway.url, 'POST', '/v1/auth/login', {
    json: { handle: admin.handle, password },
  });
  const session = tokenResponseSchema.parse(login.body);
  const token = session.access_token;
  // A task that has ended, so that waiting for it does not wait.
  const task = await create(
    gateway,
    { token },
    {
      prompt: 'true',
      input_mode: 'script',
      attachments: [{ name: 'a.txt', content_base64: 'YQ==' }],
    },
  );
  const artifactId = task.attachments[0]?.artifact_id ?? '';
  await cancel(gateway, { token }, task.id);
  // Of a task that is not run again, so that nothing waits for it.
  const keeping = { prompt: 'true', input_mode: 'script', workspace: 'fuzz-workspace' } as const;
  await cancel(gateway, { token }, (await create(gateway, { token }, keeping)).id);
  await gateway.db
    .insertInto('nodes')
    .values({ node_slug: 'fuzz-node', status: 'registered' })
    .execute();
  const archive = await buffer(packTree([]));
  const sent = await call(gateway.url, 'POST', '/v1/folders', {
    token,
    raw: archive,
    headers: { 'content-type': 'application/octet-stream' },
  });
  await gateway.db
    .insertInto('system_settings_audit_log')
    .values({ id: eventId, key: 'fuzz.setting', changed_by: 'fuzz' })
    .execute();
  const ofTask = { params: { id: task.id } };
  const ofSetting = { params: { key: 'fuzz.setting' } };
  const ofUser = { params: { id: victim.id } };
  target = {
    name: 'user-gateway',
    port: Number(new URL(gateway.url).port),
    routes: Object.values(gatewayRoutes),
    bearer: (route: Route) => (route.auth === 'user' ? token : undefined),
    foreignTokens: [session.refresh_token, `${victim.token.slice(0, -6)}AAAAAA`],
    secrets: [token, session.refresh_token, password, testKey],
    storesText: true,
    bodyLimitBytes: 10 * 1024 * 1024,
    readTimeoutMs,
    logText: () => logText(gateway.log),
    // Wrong passwords, an unknown token and an unknown task: what succeeds here would end what the test needs.
    refused: ['auth.login', 'auth.refresh', 'users.change_password', 'tasks.delete'],
    openParams: ['settings.get', 'settings.put', 'settings.delete'],
    // Refused before the password is hashed.
    cheap: {
      'users.create': { body: { handle: 'system', password: secretCanary } },
      'users.change_password': {
        body: { current_password: secretCanary, new_password: 'too short' },
      },
      'users.reset_password': {
        params: { id: admin.id.replace(/.{12}$/, '000000000000') },
        body: { new_password: secretCanary },
      },
    },
    samples: {
      ...(await listedSamples(token)),
      'auth.login': [{ body: { handle: 'fuzz-nobody', password: secretCanary } }],
      'auth.refresh': [{ body: { refresh_token: secretCanary } }],
      'auth.logout': [{ body: { refresh_token: secretCanary } }],
      'tasks.create': [
        {
          body: {
            prompt: 'true',
            input_mode: 'script',
            timeout_seconds: 5,
            task_name: 'fuzz',
            acceptance_criteria: ['it ends'],
            attachments: [{ name: 'a.txt', content_type: 'text/plain', content_base64: 'YQ==' }],
          },
        },
        {
          body: { commands: ['true'], input_mode: 'commands', name: 'fuzz', use_inference: false },
        },
      ],
      'folders.create': [{ content: archive }],
      'folders.get': [{ params: { folder: String(sent.body['folder']) } }],
      'tasks.result': [ofTask],
      'tasks.logs': [ofTask],
      'tasks.artifacts.list': [ofTask],
      'tasks.artifacts.archive': [ofTask],
      'tasks.artifacts.get': [{ params: { id: task.id, artifact_id: artifactId } }],
      'tasks.events': [ofTask],
      'tasks.cancel': [ofTask],
      'tasks.rerun': [ofTask, { ...ofTask, body: { timeout_seconds: 5, env: { A: 'b' } } }],
      'tasks.delete': [{ params: { id: 'no-such-task' } }],
      'users.create': [
        { body: { handle: 'fuzz-made', email: 'made@example.org', password: secretCanary } },
      ],
      'users.change_password': [
        { body: { current_password: secretCanary, new_password: `${secretCanary} anew` } },
      ],
      'users.disable': [ofUser],
      'users.enable': [ofUser],
      'users.revoke_sessions': [ofUser],
      'users.reset_password': [{ ...ofUser, body: { new_password: secretCanary } }],
      'role_bindings.create': [
        {
          body: {
            subject_type: 'user',
            subject_id: victim.id,
            role: 'viewer',
            scope_type: 'system',
          },
        },
      ],
      'role_bindings.delete': [{ params: { id: viewing } }],
      'settings.get': [ofSetting],
      'settings.put': [
        { ...ofSetting, body: { value: { deep: ['x'] }, value_type: 'object', reason: 'fuzz' } },
        {
          params: { key: 'agents.project_manager.model.selection.mode' },
          body: { value: 'fixed_model' },
        },
      ],
      'settings.delete': [ofSetting],
      'nodes.allow_reregister': [{ params: { id: 'fuzz-node' } }],
      'nodes.invite': [{ body: {} }],
      'audit.list': [{ query: { actor_id: victim.id, since: '2026-01-01T00:00:00Z' } }],
      'audit.get': [{ params: { id: eventId } }],
      'workspaces.delete': [{ params: { name: 'fuzz-workspace' } }],
    },
  };
});
afterAll(() => gateway[Symbol.asyncDispose]());

it('answers bad input of every kind by its contract, and serves on (REQ-STANDS-0103, REQ-STANDS-0108, REQ-STANDS-0110)', async () => {
  const { verdict } = await fuzzRun(target);
  expect(verdict.join('\n')).toBe('');
  expect((await call(gateway.url, 'GET', '/healthz')).text).toBe('ok');
  // What was wrong meanwhile locked the account.
  gateway.clock.advance(3_600_000);
  const session = await call(gateway.url, 'POST', '/v1/auth/login', {
    json: { handle: 'fuzz-admin', password },
  });
  expect(session.status).toBe(200);
  expect(gateway.log.lines.filter((line) => line.level === 'error')).toEqual([]);
}, 240_000);
