import { waitFor } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestGateway, startTestGateway } from './support/gateway.ts';
import { base64, list, tryCreate } from './support/tasks.ts';
import { type TestUser, addUser } from './support/users.ts';

let gateway: TestGateway;
let counter = 0;

beforeAll(async () => {
  // The clock of these tests runs ahead of the files' times: a sweep would take a file that is being written for a left one.
  gateway = await startTestGateway({ sweepEveryMs: 24 * 3_600_000 });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const newUser = (): Promise<TestUser> => addUser(gateway, `user${(counter += 1)}`);

describe('an idempotency key', () => {
  const body = { prompt: 'once', attachments: [{ name: 'a', content_base64: base64('a') }] };

  it('gives the first answer again and makes one task (REQ-STANDS-0129)', async () => {
    const user = await newUser();
    const headers = { 'idempotency-key': 'key-1' };
    const first = await tryCreate(gateway, user, body, headers);
    const reordered = { attachments: body.attachments, prompt: 'once' };
    const again = await tryCreate(gateway, user, reordered, headers);
    expect([again.status, again.body, again.headers.get('location')]).toEqual([
      201,
      first.body,
      first.headers.get('location'),
    ]);
    expect((await list(gateway, user)).tasks).toHaveLength(1);
    const other = await tryCreate(gateway, user, { prompt: 'other' }, headers);
    expect([other.status, other.kind]).toEqual([409, 'conflict']);
    gateway.clock.advance(25 * 3_600_000);
    const later = await addUser(gateway, 'later');
    expect((await tryCreate(gateway, later, body, headers)).body['id']).not.toBe(first.body['id']);
  });

  it('lets one of many parallel calls create', async () => {
    const user = await newUser();
    const headers = { 'idempotency-key': 'key-2' };
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => tryCreate(gateway, user, body, headers)),
    );
    expect(
      new Set(answers.map((answer) => answer.status)).difference(new Set([201, 409])).size,
    ).toBe(0);
    expect(
      new Set(answers.filter((answer) => answer.status === 201).map((answer) => answer.body['id']))
        .size,
    ).toBe(1);
    expect((await list(gateway, user)).tasks).toHaveLength(1);
  });

  it('is free again after a refused call, and after a minute when its call never ended', async () => {
    const user = await newUser();
    const headers = { 'idempotency-key': 'key-3' };
    expect((await tryCreate(gateway, user, { prompt: ' ' }, headers)).status).toBe(400);
    await gateway.db
      .insertInto('idempotency_keys')
      .values({
        caller: `user:${user.id}`,
        method: 'POST',
        path: '/v1/tasks',
        key: 'key-4',
        request_sha256: Buffer.alloc(32),
        status_code: null,
        resource_id: null,
        created_at: gateway.clock.now(),
        expires_at: new Date(gateway.clock.now().getTime() + 86_400_000),
      })
      .execute();
    expect((await tryCreate(gateway, user, body, headers)).status).toBe(201);
    expect((await tryCreate(gateway, user, body, { 'idempotency-key': 'key-4' })).status).toBe(409);
    gateway.clock.advance(61_000);
    expect((await tryCreate(gateway, user, body, { 'idempotency-key': 'key-4' })).status).toBe(201);
  });

  it('is forgotten after a day', async () => {
    await using gateway = await startTestGateway();
    const user = await addUser(gateway, 'forgetful');
    const headers = { 'idempotency-key': 'key-5' };
    const first = await tryCreate(gateway, user, body, headers);
    expect(first.status).toBe(201);
    const kept = () =>
      gateway.db
        .selectFrom('idempotency_keys')
        .select('key')
        .where('caller', '=', `user:${user.id}`)
        .executeTakeFirst();
    gateway.clock.advance(23 * 3_600_000);
    expect((await tryCreate(gateway, user, body, headers)).body).toEqual(first.body);
    expect(await kept()).toBeDefined();
    gateway.clock.advance(3_600_000);
    await waitFor(async () => (await kept()) === undefined);
  });

  it('must have 1 to 255 characters', async () => {
    expect(
      (await tryCreate(gateway, await newUser(), body, { 'idempotency-key': 'x'.repeat(256) }))
        .status,
    ).toBe(400);
  });
});
