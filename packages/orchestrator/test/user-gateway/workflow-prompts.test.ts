import { sql } from 'kysely';
import { Client } from 'pg';
import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { channels } from '../../src/adapters/postgres/notifications.ts';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { call } from './support/http.ts';
import { create } from './support/tasks.ts';
import { type TestUser, addUser, bindRole } from './support/users.ts';

let gateway: TestGateway;
let ada: TestUser;
beforeAll(async () => {
  gateway = await startTestGateway();
  ada = await addUser(gateway, 'ada');
  await bindRole(gateway, { type: 'user', id: ada.id }, 'owner');
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function made(json: object): Promise<Record<string, unknown> | undefined> {
  const task = await create(gateway, ada, json);
  const { rows } = await sql<Record<string, unknown>>`
    select t.status, t.closed, t.metadata -> 'workflow' as workflow,
           (select count(*)::int from jobs j where j.task_id = t.id) as jobs
      from tasks t where t.id = ${task.id}::uuid`.execute(gateway.db);
  return rows[0];
}

const setting = '/v1/settings/workflow.prompts';

it('leaves a prompt to its workflow, which is told of at once, and runs raw work as ever', async () => {
  expect(await made({ prompt: 'hello' })).toMatchObject({ jobs: 1, workflow: null });
  const json = { value: true };
  await call(gateway.url, 'PUT', setting, { json, token: ada.token });
  await waitFor(async () => (await made({ prompt: 'again' }))?.['jobs'] === 0);
  const heard: string[] = [];
  const listener = new Client({ connectionString: gateway.databaseUrl });
  await listener.connect();
  listener.on('notification', ({ channel }) => void heard.push(channel));
  await listener.query(`listen ${channels.workflows}; listen ${channels.jobs}`);
  expect(await made({ prompt: 'count the words' })).toEqual({
    status: 'pending',
    closed: false,
    jobs: 0,
    workflow: { requested_at: gateway.clock.now().toISOString(), trigger: 'user_api' },
  });
  await waitFor(() => heard.length > 0);
  expect(heard).toEqual([channels.workflows]);
  expect(await made({ prompt: 'true', input_mode: 'script' })).toMatchObject({
    jobs: 1,
    workflow: null,
  });
  await waitFor(() => heard.length > 1);
  expect(heard).toEqual([channels.workflows, channels.jobs]);
  await listener.end();
  await call(gateway.url, 'DELETE', setting, { token: ada.token });
  await waitFor(async () => (await made({ prompt: 'straight' }))?.['jobs'] === 1);
});
