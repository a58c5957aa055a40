import { beforeAll, describe, expect, it } from 'vitest';
import { type Drive, type GatewayDriver, expectProblem } from './driver.ts';

const dayMs = 86_400_000;

/** Creations that are repeated. See docs/reference/http.md#idempotency. */
export function testIdempotency(drive: Drive): void {
  let driver: GatewayDriver;
  beforeAll(() => {
    driver = drive();
  });

  describe('an idempotency key', () => {
    const headers = { 'idempotency-key': 'key-1' };

    it('gives the first answer again, whatever the order of the fields, and makes one task', async () => {
      const who = await driver.newCaller();
      const first = await driver.tryCreate(who, { prompt: 'x', name: 'n' }, headers);
      expect(first.status).toBe(201);
      await driver.cancel(who, String(first.body['id']));
      const again = await driver.tryCreate(who, { name: 'n', prompt: 'x' }, headers);
      expect([again.status, again.body, again.headers.get('location')]).toEqual([
        201,
        first.body,
        first.headers.get('location'),
      ]);
      expect((await driver.list(who)).tasks).toHaveLength(1);
    });

    it('refuses another body, and belongs to its caller alone', async () => {
      const who = await driver.newCaller();
      const first = await driver.tryCreate(who, { prompt: 'x' }, headers);
      expectProblem(await driver.tryCreate(who, { prompt: 'y' }, headers), 409, 'conflict');
      const other = await driver.tryCreate(await driver.newCaller(), { prompt: 'y' }, headers);
      expect([first.status, other.status]).toEqual([201, 201]);
    });

    it('lets one of many parallel calls create', async () => {
      const who = await driver.newCaller();
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => driver.tryCreate(who, { prompt: 'x' }, headers)),
      );
      const made = answers.filter(({ status }) => status === 201);
      for (const answer of answers)
        if (!made.includes(answer)) expectProblem(answer, 409, 'conflict');
      expect(new Set(made.map(({ body }) => body['id'])).size).toBe(1);
      expect((await driver.list(who)).tasks).toHaveLength(1);
    });

    it('is free again after a refused call, and a day after the first answer', async () => {
      const who = await driver.newCaller();
      expectProblem(await driver.tryCreate(who, { prompt: ' ' }, headers), 400, 'validation');
      const first = await driver.tryCreate(who, { prompt: 'x' }, headers);
      expect(first.status).toBe(201);
      driver.gateway.advance(dayMs);
      const later = await driver.tryCreate(await driver.relogin(who), { prompt: 'y' }, headers);
      expect(later.status, later.text).toBe(201);
      expect(later.body['id']).not.toBe(first.body['id']);
    });

    it.each([
      ['too long', 'x'.repeat(256)],
      ['empty', ''],
    ])('that is %s is refused', async (_title, key) => {
      const who = await driver.newCaller();
      const answer = await driver.tryCreate(who, { prompt: 'x' }, { 'idempotency-key': key });
      expectProblem(answer, 400, 'validation', 'Idempotency-Key');
    });
  });
}
