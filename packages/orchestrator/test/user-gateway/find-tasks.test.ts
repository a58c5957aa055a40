import type { TaskList } from '@cynodeai/contracts/gateway';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookedThrough } from '../../src/adapters/postgres/tasks/list-tasks.ts';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { create, list } from './support/tasks.ts';
import { type TestUser, addUser, bindRole } from './support/users.ts';

let gateway: TestGateway;
let ada: TestUser;
let operator: TestUser;

/** Between the oldest task and the newest. */
const between = lookedThrough + 1000;

/** Every page of a query. */
async function pages(user: TestUser, query: string): Promise<readonly TaskList[]> {
  const all = [await list(gateway, user, `?${query}`)];
  for (let next = all[0]?.next_cursor; next !== undefined;) {
    const page = await list(gateway, user, `?${query}&cursor=${encodeURIComponent(next)}`);
    all.push(page);
    next = page.next_cursor;
  }
  return all;
}

const namesOf = (all: readonly TaskList[]): string[] =>
  all.flatMap(({ tasks }) => tasks.map(({ task_name: name }) => name));

beforeAll(async () => {
  gateway = await startTestGateway();
  ada = await addUser(gateway, 'ada');
  operator = await addUser(gateway, 'ops');
  await bindRole(gateway, { type: 'user', id: operator.id }, 'operator');
  const old = await create(gateway, ada, {
    input_mode: 'commands',
    prompt: 'true',
    name: 'old-needle',
  });
  await sql`update tasks set created_at = now() - interval '30 days' where id = ${old.id}`.execute(
    gateway.db,
  );
  await sql`
    insert into tasks (created_by, project_id, name, input_mode, prompt, status, closed, ended_at, created_at)
    select created_by, project_id, 'hay-' || n, 'commands', 'true', 'completed', true, now(),
           now() - interval '20 days' + n * interval '1 second'
      from tasks, generate_series(1, ${between}::int) n where id = ${old.id}`.execute(gateway.db);
  const young = await create(gateway, ada, {
    input_mode: 'commands',
    prompt: 'true',
    name: 'young-needle',
  });
  await sql`
    with node as (insert into nodes (node_slug, status) values ('node-a', 'active') returning id)
    update jobs set node_id = (select id from node) where task_id in (${old.id}, ${young.id})`.execute(
    gateway.db,
  );
  await sql`analyze tasks`.execute(gateway.db);
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe('a search among many tasks', () => {
  it.each(['q=needle', 'status=queued', 'node=node-a', 'node=NODE-A&q=needle&owner=ada'])(
    'looks through a bounded number for each page and goes on to the last: %s',
    async (query) => {
      for (const user of [ada, operator]) {
        const newest = await pages(user, `${query}&limit=10`);
        expect(newest.map(({ tasks }) => tasks.length)).toEqual([1, 1]);
        expect(namesOf(newest)).toEqual(['young-needle', 'old-needle']);
        const oldest = await pages(user, `${query}&limit=10&sort=oldest`);
        expect(namesOf(oldest)).toEqual(['old-needle', 'young-needle']);
        expect(oldest).toHaveLength(2);
      }
    },
  );

  it('needs one page where that is full, and none beyond where a moment bounds it', async () => {
    const full = await list(gateway, ada, '?q=hay&limit=5');
    expect(namesOf([full])).toEqual([0, 1, 2, 3, 4].map((n) => `hay-${between - n}`));
    const since = new Date(Date.now() - 86_400_000).toISOString();
    const bounded = await pages(ada, `q=needle&since=${encodeURIComponent(since)}`);
    expect(bounded.map((page) => namesOf([page]))).toEqual([['young-needle']]);
  });

  it('in a project too', async () => {
    const all = await pages(ada, `project_id=default-${ada.id}&q=needle`);
    expect(all.map((page) => namesOf([page]))).toEqual([['young-needle'], ['old-needle']]);
  });

  it('finds a whole name, and nothing of who sees none of it', async () => {
    expect(namesOf(await pages(ada, 'name=hay-7'))).toEqual(['hay-7']);
    const eve = await addUser(gateway, 'eve');
    expect(await pages(eve, 'q=needle')).toEqual([{ tasks: [] }]);
  });
});
