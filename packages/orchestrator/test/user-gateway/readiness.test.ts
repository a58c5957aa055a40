import { createTestDatabase, waitFor } from '@cynodeai/testing';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { gatewayOn } from './support/gateway.ts';
import { call } from './support/http.ts';

describe('readiness of the gateway', () => {
  it('is refused without an inference path, with what to do about it (REQ-ORCHES-0119)', async () => {
    await using database = await createTestDatabase();
    await using gateway = await gatewayOn(database.url);
    const answer = await call(gateway.url, 'GET', '/readyz');
    expect([answer.status, answer.kind]).toEqual([503, 'not_ready']);
    expect(answer.body['reasons']).toContainEqual(
      expect.objectContaining({ code: 'no_inference_path', action: expect.any(String) }),
    );
  });

  it('is refused while the schema is not the one the gateway was built for, which it never changes', async () => {
    await using database = await createTestDatabase({ content: 'empty' });
    await using gateway = await gatewayOn(database.url);
    const answer = await call(gateway.url, 'GET', '/readyz');
    expect(answer.body['reasons']).toEqual([
      expect.objectContaining({ code: 'schema_not_current' }),
    ]);
    const db = openDatabase({ url: database.url, applicationName: 'test', log: gateway.log });
    const tables = await db.introspection.getTables();
    await db.destroy();
    expect(tables).toEqual([]);
    expect((await call(gateway.url, 'GET', '/healthz')).status).toBe(200);
  });

  it('is refused while the database is away, and the process goes on', async () => {
    await using gateway = await gatewayOn('postgresql://nobody:x@127.0.0.1:1/none');
    const answer = await call(gateway.url, 'GET', '/readyz');
    expect(answer.body['reasons']).toEqual([
      expect.objectContaining({ code: 'database_unavailable' }),
    ]);
    await waitFor(() =>
      gateway.log.lines.some((line) => line.message === 'notification connection failed'),
    );
    const login = await call(gateway.url, 'POST', '/v1/auth/logout', {});
    expect(login.status).toBe(401);
  });
});
