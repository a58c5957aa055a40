import type { Task, TaskList } from '@cynodeai/contracts/gateway';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Caller, type Drive, type GatewayDriver, expectProblem } from './driver.ts';

/** Pages of tasks. See docs/reference/http.md#pages. */
export function testLists(drive: Drive): void {
  let driver: GatewayDriver;
  let who: Caller;
  beforeAll(() => {
    driver = drive();
  });

  /** Makes tasks, the last one the newest; answers their ids, newest first. */
  async function make(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let number = 1; number <= count; number += 1) {
      driver.gateway.advance(1);
      ids.unshift((await driver.create(who)).id);
    }
    return ids;
  }

  /** Every page of a query, one after the other. */
  async function pages(query: string): Promise<readonly TaskList[]> {
    const found: TaskList[] = [];
    let page = await driver.list(who, `?${query}`);
    found.push(page);
    while (page.next_cursor !== undefined) {
      const cursor = encodeURIComponent(page.next_cursor);
      page = await driver.list(who, `?${query}&cursor=${cursor}`);
      found.push(page);
    }
    return found;
  }

  const idsOf = ({ tasks }: TaskList): string[] => tasks.map(({ id }) => id);

  describe('a list of tasks', () => {
    beforeEach(async () => {
      who = await driver.newCaller();
    });

    it('is empty and has no cursor when there are none', async () => {
      expect(await driver.list(who)).toEqual({ tasks: [] });
    });

    it('comes newest first in pages that are full, without gaps or repeats', async () => {
      const ids = await make(5);
      const found = await pages('limit=2');
      expect(found.map(idsOf)).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
      expect((await pages('limit=5')).map(idsOf)).toEqual([ids]);
      expect((await pages('')).map(idsOf)).toEqual([ids]);
    });

    it('goes on where the page before ended, also when something was made meanwhile', async () => {
      const ids = await make(4);
      const { next_cursor: cursor = '' } = await driver.list(who, '?limit=2');
      await make(2);
      const rest = await driver.list(who, `?limit=10&cursor=${encodeURIComponent(cursor)}`);
      expect(idsOf(rest)).toEqual(ids.slice(2));
    });

    it('is filtered by state and project before it is cut into pages', async () => {
      const ids = await make(4);
      for (const id of [ids[0], ids[2]]) await driver.cancel(who, id ?? '');
      const canceled = await pages('limit=1&status=canceled&unknown=1');
      expect(canceled.flatMap(idsOf)).toEqual([ids[0], ids[2]]);
      expect(await driver.list(who, '?status=completed')).toEqual({ tasks: [] });
      const { id } = await driver.me(who);
      const own = await pages(`limit=3&status=queued&project_id=default-${id}`);
      expect(own.map(idsOf)).toEqual([[ids[1], ids[3]]]);
    });
  });

  describe('a search for tasks', () => {
    /** Names of what a query finds, page by page of one. */
    const found = async (query: string): Promise<string[]> =>
      (await pages(`limit=1&${query}`)).flatMap(({ tasks }) =>
        tasks.map(({ task_name: name }) => name),
      );
    let made: Task[] = [];

    beforeAll(async () => {
      who = await driver.newCaller();
      made = [];
      for (const name of ['build-core', 'test-core', 'build-docs', 'deploy']) {
        driver.gateway.advance(60_000);
        made.push(await driver.create(who, { input_mode: 'commands', prompt: 'true', name }));
      }
      await driver.cancel(who, made[2]?.id ?? '');
    });

    it.each([
      ['q=core', ['test-core', 'build-core']],
      ['q=BUILD', ['build-docs', 'build-core']],
      ['q=build&status=queued', ['build-core']],
      ['q=%25', []],
      ['since=0000-01-01T00:00:00Z&until=9999-12-31T23:59:59Z&q=deploy', ['deploy']],
      ['q=nothing-like-it', []],
      ['name=deploy', ['deploy']],
      ['name=Build-Core', ['build-core']],
      ['name=build', []],
      ['sort=oldest', ['build-core', 'test-core', 'build-docs', 'deploy']],
      ['sort=newest', ['deploy', 'build-docs', 'test-core', 'build-core']],
      ['sort=oldest&q=core', ['build-core', 'test-core']],
      ['owner=me&q=docs', ['build-docs']],
      ['node=no-such-node', []],
    ])('finds by %s', async (query, names) => {
      expect(await found(query)).toEqual(names);
    });

    it('finds from a moment on, and up to another', async () => {
      const at = (index: number): string => encodeURIComponent(made[index]?.created_at ?? '');
      expect(await found(`since=${at(2)}`)).toEqual(['deploy', 'build-docs']);
      expect(await found(`until=${at(2)}`)).toEqual(['test-core', 'build-core']);
      expect(await found(`since=${at(1)}&until=${at(3)}&sort=oldest`)).toEqual([
        'test-core',
        'build-docs',
      ]);
      expect(await found(`since=${at(3)}&until=${at(1)}`)).toEqual([]);
      const { id } = await driver.me(who);
      const own = `project_id=default-${id}&q=core&since=${at(1)}`;
      expect(await found(own)).toEqual(['test-core']);
    });

    it('finds those of somebody for who oversees all, and of oneself for everybody', async () => {
      const { id, handle } = await driver.me(who);
      const spelled = [handle, id, handle.toUpperCase(), id.toUpperCase()];
      for (const owner of spelled) {
        expect(await found(`owner=${owner}&q=docs`)).toEqual(['build-docs']);
      }
      const other = await driver.newCaller();
      for (const owner of [handle, id, 'nobody-at-all']) {
        const answer = await driver.get(other, `/v1/tasks?owner=${owner}`);
        expectProblem(answer, 403, 'authorization');
      }
      await driver.grant(other, 'operator');
      const names = async (query: string): Promise<string[]> =>
        (await driver.list(other, query)).tasks.map(({ task_name: name }) => name);
      for (const owner of spelled) {
        const all = ['deploy', 'build-docs', 'test-core', 'build-core'];
        expect(await names(`?owner=${owner}`)).toEqual(all);
        expect(await names(`?owner=${owner}&name=deploy`)).toEqual(['deploy']);
      }
      expect(await names('?owner=nobody-at-all')).toEqual([]);
      expect(await names('?owner=me')).toEqual([]);
    });
  });

  describe('a query for tasks', () => {
    beforeAll(async () => {
      who = await driver.newCaller();
    });

    it.each([
      'limit=0',
      'limit=201',
      'limit=x',
      'status=pending',
      'cursor=x',
      'project_id=No!',
      'since=yesterday',
      'until=2026-01-01',
      'sort=name',
      'name=',
      'q=',
      'q=%00',
      'node=a%00',
      'owner=',
      'node=',
    ])('is refused with %s', async (query) => {
      const answer = await driver.get(who, `/v1/tasks?${query}`);
      expectProblem(answer, 400, 'validation', query.split('=')[0]);
    });

    it('takes neither a cursor that was changed nor a project nobody sees', async () => {
      await make(2);
      const { next_cursor: cursor = '' } = await driver.list(who, '?limit=1');
      const last = cursor.endsWith('0') ? '1' : '0';
      const changed = encodeURIComponent(`${cursor.slice(0, -1)}${last}`);
      const answer = await driver.get(who, `/v1/tasks?cursor=${changed}`);
      expectProblem(answer, 400, 'validation', 'cursor');
      const foreign = await driver.get(who, '/v1/tasks?project_id=no-such-project');
      expectProblem(foreign, 404, 'not_found');
    });
  });
}
