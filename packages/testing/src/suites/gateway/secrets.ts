import { limits } from '@cynodeai/contracts/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type Drive, type GatewayDriver, expectProblem } from './driver.ts';

const value = 'canary-value-of-a-secret';

/** Secrets for jobs. See docs/reference/sandbox.md#secrets. */
export function testSecrets(drive: Drive): void {
  let driver: GatewayDriver;
  beforeAll(() => {
    driver = drive();
  });

  const put = (who: Caller, name: string, json: unknown) =>
    driver.call('PUT', `/v1/secrets/${name}`, { token: who.token, json });
  const names = async (who: Caller): Promise<unknown> =>
    (await driver.get(who, '/v1/secrets')).body['secrets'];

  describe('a secret', () => {
    it('goes in and never comes out; the same name again changes it', async () => {
      const who = await driver.newCaller();
      const first = await put(who, 'DEPLOY_KEY', { value });
      expect(first.status).toBe(201);
      expect(first.body).toMatchObject({
        name: 'DEPLOY_KEY',
        size_bytes: value.length,
        maskable: true,
      });
      const second = await put(who, 'DEPLOY_KEY', { value: 'short' });
      expect(second.status).toBe(200);
      expect(second.body).toMatchObject({ size_bytes: 5, maskable: false });
      const listed = await driver.get(who, '/v1/secrets');
      expect(listed.body['secrets']).toEqual([second.body]);
      expect(`${first.text}${second.text}${listed.text}`).not.toContain('canary');
    });

    it("is its owner's alone, whatever role somebody has", async () => {
      const who = await driver.newCaller();
      await put(who, 'MINE', { value });
      const other = await driver.newCaller();
      await driver.grant(other, 'admin');
      expect(await names(other)).toEqual([]);
      const path = '/v1/secrets/MINE';
      expectProblem(await driver.call('DELETE', path, { token: other.token }), 404, 'not_found');
      const task = { prompt: 'x', input_mode: 'script', secrets: ['MINE'] };
      expectProblem(await driver.tryCreate(other, task), 400, 'validation', 'secrets');
      const { body } = await driver.tryCreate(who, { ...task, secrets: ['MINE', 'MINE'] });
      expect(body['secrets']).toEqual(['MINE']);
    });

    it('is forgotten, and no task can name it then', async () => {
      const who = await driver.newCaller();
      await put(who, 'GONE', { value });
      const path = '/v1/secrets/GONE';
      const gone = await driver.call('DELETE', path, { token: who.token });
      expect([gone.status, gone.body]).toEqual([200, { deleted: true }]);
      expectProblem(await driver.call('DELETE', path, { token: who.token }), 404, 'not_found');
      const task = { prompt: 'x', input_mode: 'script', secrets: ['GONE'] };
      expectProblem(await driver.tryCreate(who, task), 400, 'validation', 'secrets');
      expect(await names(who)).toEqual([]);
    });

    it.each([
      ['', 400],
      ['a\u0000b', 400],
      ['x'.repeat(limits.secretBytes + 1), 400],
      [5, 400],
    ])('is refused without being said again: %#', async (bad, status) => {
      const who = await driver.newCaller();
      const answer = await put(who, 'BAD', { value: bad });
      expectProblem(answer, status, 'validation', 'value');
      expect(answer.text.length).toBeLessThan(1000);
      expect(await names(who)).toEqual([]);
    });

    it('has a name that a file can have, and is not for who only reads', async () => {
      const who = await driver.newCaller();
      for (const name of ['.hidden', '-x', 'a%20b', '1A', 'x'.repeat(65)]) {
        expectProblem(await put(who, name, { value }), 400, 'validation');
      }
      await driver.grant(who, 'viewer');
      expectProblem(await put(who, 'A', { value }), 403, 'authorization');
    });
  });
}
