import type { Route } from '@cynodeai/contracts/common';
import {
  type Task,
  taskArtifactRoutes,
  taskEventRoutes,
  taskResultRoutes,
  taskRoutes,
  userRoutes,
} from '@cynodeai/contracts/gateway';
import { uuidv7 } from '@cynodeai/runtime/std';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type Drive, type GatewayDriver, expectProblem } from './driver.ts';

/** What clients call with an access token, users' administration and settings aside. */
const routes: readonly Route[] = [
  userRoutes.me,
  ...Object.values(taskRoutes),
  ...Object.values(taskResultRoutes),
  ...Object.values(taskEventRoutes),
  ...Object.values(taskArtifactRoutes),
];
const ofOneTask = routes.filter(({ path }) => path.includes('{id}'));

/** The path of a route about one task. */
function pathOf(route: Route, id: string): string {
  return route.path.replace('{id}', id).replace('{artifact_id}', uuidv7());
}

/** What holds for every request. See docs/reference/http.md. */
export function testRequests(drive: Drive): void {
  let driver: GatewayDriver;
  let who: Caller;
  /** Of somebody else. */
  let hidden: Task;
  beforeAll(async () => {
    driver = drive();
    who = await driver.newCaller();
    hidden = await driver.create(await driver.newCaller(), { prompt: 'x', name: 'hidden' });
  });
  const all = routes.map((route) => [route.operation, route] as const);
  const about = ofOneTask.map((route) => [route.operation, route] as const);

  describe('every request', () => {
    it.each(all)('%s asks for an access token', async (_operation, route) => {
      const path = pathOf(route, 'any');
      for (const authorization of [undefined, 'Bearer nonsense', 'Basic YTpi', 'Bearer']) {
        const headers = authorization === undefined ? {} : { authorization };
        const answer = await driver.call(route.method, path, { headers });
        expectProblem(answer, 401, 'authentication');
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
    });

    it.each(about)('%s knows no other tasks than those there are', async (_operation, route) => {
      for (const id of [uuidv7(), 'no-such-task', '%00', 'a%20b', '%2E%2E', 'x'.repeat(512)]) {
        const answer = await driver.call(route.method, pathOf(route, id), { token: who.token });
        expectProblem(answer, 404, 'not_found');
      }
    });

    it.each(about)("%s hides other people's tasks, by uuid and by name", async (_op, route) => {
      const { token } = who;
      for (const id of [hidden.id, hidden.task_name]) {
        expectProblem(
          await driver.call(route.method, pathOf(route, id), { token }),
          404,
          'not_found',
        );
      }
    });

    it('may write the scheme of its token in any case', async () => {
      const { token } = who;
      for (const scheme of ['bearer', 'BEARER']) {
        const headers = { authorization: `${scheme} ${token}` };
        expect((await driver.call('GET', '/v1/users/me', { headers })).status).toBe(200);
      }
    });

    it('gets its own id back, or one that was made for it', async () => {
      const headers = { 'x-request-id': 'my-id.1' };
      const own = await driver.call('GET', '/v1/users/me', { headers });
      expect([own.headers.get('x-request-id'), own.body['instance']]).toEqual([
        'my-id.1',
        'my-id.1',
      ]);
      const made = await driver.call('GET', '/healthz');
      expect(made.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
    });

    it('hears which methods a path has, and that a path is none', async () => {
      const { token } = who;
      const method = await driver.call('DELETE', '/v1/tasks', { token });
      expectProblem(method, 405, 'method_not_allowed');
      expect(method.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'POST']);
      expectProblem(await driver.call('GET', '/v1/nothing', { token }), 404, 'not_found');
    });

    it('about health needs no token', async () => {
      const answer = await driver.call('GET', '/healthz');
      expect([answer.status, answer.text]).toEqual([200, 'ok']);
      expect((await driver.call('GET', '/readyz')).status).toBe(200);
    });
  });
}
