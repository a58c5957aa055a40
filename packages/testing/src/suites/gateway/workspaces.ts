import { limits } from '@cynodeai/contracts/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type Drive, type GatewayDriver, expectProblem } from './driver.ts';

/** Workspaces that are kept between tasks. See docs/reference/workspaces.md. */
export function testWorkspaces(drive: Drive): void {
  let driver: GatewayDriver;
  beforeAll(() => {
    driver = drive();
  });

  const script = (workspace: string) => ({ prompt: 'x', input_mode: 'script', workspace });
  const names = async (who: Caller): Promise<unknown[]> => {
    const { body } = await driver.get(who, '/v1/workspaces');
    return (body['workspaces'] as { name: string }[]).map(({ name }) => name);
  };
  const remove = (who: Caller, name: string) =>
    driver.call('DELETE', `/v1/workspaces/${name}`, { token: who.token });

  describe('a kept workspace', () => {
    it('is made by the first task that names it, and shown by it', async () => {
      const who = await driver.newCaller();
      expect(await names(who)).toEqual([]);
      const { body } = await driver.tryCreate(who, script('build'));
      expect(body['workspace']).toBe('build');
      await driver.tryCreate(who, script('build'));
      await driver.tryCreate(who, script('Another_one.2'));
      expect(await names(who)).toEqual(['Another_one.2', 'build']);
      const listed = await driver.get(who, '/v1/workspaces');
      expect((listed.body['workspaces'] as unknown[])[1]).toEqual({
        name: 'build',
        created_at: expect.any(String),
      });
    });

    it('is deleted when no task uses it', async () => {
      const who = await driver.newCaller();
      const { body } = await driver.tryCreate(who, script('gone'));
      const used = await remove(who, 'gone');
      expectProblem(used, 409, 'conflict');
      expect(used.text).toContain(String(body['task_name']));
      await driver.call('POST', `/v1/tasks/${String(body['id'])}/cancel`, { token: who.token });
      const gone = await remove(who, 'gone');
      expect([gone.status, gone.body]).toEqual([200, { deleted: true }]);
      expectProblem(await remove(who, 'gone'), 404, 'not_found');
      expect(await names(who)).toEqual([]);
      await driver.tryCreate(who, script('gone'));
      expect(await names(who)).toEqual(['gone']);
    });

    it("is its owner's alone, whatever role somebody has", async () => {
      const who = await driver.newCaller();
      await driver.tryCreate(who, script('mine'));
      const other = await driver.newCaller();
      await driver.grant(other, 'admin');
      expect(await names(other)).toEqual([]);
      expectProblem(await remove(other, 'mine'), 404, 'not_found');
      await driver.tryCreate(other, script('mine'));
      await driver.grant(other, 'viewer');
      expect(await names(who)).toEqual(['mine']);
    });

    it.each(['', '.', '..', '-x', 'a b', 'a/b', 'ä', 'x'.repeat(64)])(
      'has no name such as %j',
      async (name) => {
        const who = await driver.newCaller();
        expectProblem(await driver.tryCreate(who, script(name)), 400, 'validation', 'workspace');
        expect(await names(who)).toEqual([]);
      },
    );

    it('is for scripts and commands', async () => {
      const who = await driver.newCaller();
      const prompt = { prompt: 'x', workspace: 'build' };
      expectProblem(await driver.tryCreate(who, prompt), 400, 'validation', 'workspace');
      expect(await names(who)).toEqual([]);
    });

    it('stays with a task that is run again, unless it names another', async () => {
      const who = await driver.newCaller();
      const { body } = await driver.tryCreate(who, script('first'));
      const again = (json: unknown) =>
        driver.call('POST', `/v1/tasks/${String(body['id'])}/rerun`, { token: who.token, json });
      expect((await again({})).body['workspace']).toBe('first');
      expect((await again({ workspace: 'second' })).body['workspace']).toBe('second');
      expect(await names(who)).toEqual(['first', 'second']);
    });

    it('is one of at most a hundred', async () => {
      const who = await driver.newCaller();
      for (let number = 0; number < limits.workspacesPerUser; number += 1) {
        await driver.tryCreate(who, script(`w${number}`));
      }
      expectProblem(await driver.tryCreate(who, script('more')), 409, 'conflict');
      expect((await driver.tryCreate(who, script('w7'))).body['workspace']).toBe('w7');
    });
  });
}
