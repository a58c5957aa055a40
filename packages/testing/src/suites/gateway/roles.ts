import { beforeAll, describe, expect, it } from 'vitest';
import { type Drive, type GatewayDriver, expectProblem } from './driver.ts';

/** What roles give and take. See docs/reference/identity-and-policy.md#actions. */
export function testRoles(drive: Drive): void {
  let driver: GatewayDriver;
  beforeAll(() => {
    driver = drive();
  });

  describe('the role', () => {
    it('viewer leaves the reads and takes the rest: 403', async () => {
      const who = await driver.newCaller();
      const task = await driver.create(who);
      await driver.grant(who, 'viewer');
      expect((await driver.me(who)).roles).toEqual(['viewer']);
      expectProblem(await driver.tryCreate(who, { prompt: 'x' }), 403, 'authorization');
      expect((await driver.get(who, `/v1/tasks/${task.id}`)).status).toBe(200);
      expectProblem(await driver.cancel(who, task.id), 403, 'authorization');
    });

    it.each([
      ['viewer', 'own', 403],
      ['operator', 'own', 200],
      ['operator', 'theirs', 403],
      ['admin', 'theirs', 200],
    ] as const)('%s may delete a task that is %s: %i', async (role, whose, status) => {
      const who = await driver.newCaller();
      const owner = whose === 'own' ? who : await driver.newCaller();
      const { id } = await driver.ended(owner);
      await driver.grant(who, role);
      expect((await driver.delete(who, id)).status).toBe(status);
    });

    it('lets nobody delete what they cannot see', async () => {
      const { id } = await driver.ended(await driver.newCaller());
      expectProblem(await driver.delete(await driver.newCaller(), id), 404, 'not_found');
    });

    it("operator sees and cancels everybody's tasks, by uuid", async () => {
      const task = await driver.create(await driver.newCaller(), { prompt: 'x', name: 'theirs' });
      const who = await driver.newCaller();
      await driver.grant(who, 'operator');
      expect((await driver.get(who, `/v1/tasks/${task.id}`)).body).toEqual(task);
      expectProblem(await driver.get(who, '/v1/tasks/theirs'), 404, 'not_found');
      expect((await driver.list(who, '?limit=200')).tasks).toContainEqual(task);
      expect((await driver.cancel(who, task.id)).status).toBe(200);
    });
  });
}
