import { defineRoute } from '@cynodeai/contracts/common';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { pathOf } from './call-input.ts';

const access = { auth: 'user', action: 'task.read', resource: 'task' } as const;
const get = { ...access, method: 'GET', summary: '', success: {}, errors: [] } as const;
const gatewayRoutes = {
  getTask: defineRoute({
    ...get,
    operation: 'tasks.get',
    path: '/v1/tasks/{id}',
    params: z.object({ id: z.string() }),
  }),
  listTasks: defineRoute({ ...get, operation: 'tasks.list', path: '/v1/tasks' }),
};

describe('pathOf', () => {
  it.each([
    ['say-hello', '/v1/tasks/say-hello'],
    ['a b/c?d#e%', '/v1/tasks/a%20b%2Fc%3Fd%23e%25'],
    ['..', '/v1/tasks/%2E%2E'],
    ['.', '/v1/tasks/%2E'],
    ['é', '/v1/tasks/%C3%A9'],
  ])('encodes the parameter %j as one segment', (id, path) => {
    expect(pathOf(gatewayRoutes.getTask, { params: { id } })).toBe(path);
  });

  it('adds the query without what is undefined', () => {
    const query = { status: undefined, limit: 5, cursor: 'a&b=' };
    expect(pathOf(gatewayRoutes.listTasks, { query })).toBe('/v1/tasks?limit=5&cursor=a%26b%3D');
  });

  it('refuses a missing parameter as a defect of the caller', () => {
    expect(() => pathOf(gatewayRoutes.getTask, {})).toThrow('tasks.get needs the parameter id');
  });
});
