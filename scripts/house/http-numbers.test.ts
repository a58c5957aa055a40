import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { httpNumbers } from './http-numbers.ts';

const useCase = 'packages/orchestrator/src/app/tasks/x.ts';

describe('HTTP numbers', () => {
  it('stand at the edges and in the clients of other services only', () => {
    const files = globSync('packages/*/src/**/*.ts');
    expect(files.length).toBeGreaterThan(500);
    const found = files.flatMap((path) => httpNumbers(path, readFileSync(path, 'utf8')));
    // Return an outcome or throw a coded error instead; adapters/http chooses the number.
    expect(found).toEqual([]);
  });

  it.each([
    'const row = { statusCode: 200 };',
    'const row = { status: isNew ? 201 : 200 };',
    "const row = { 'status_code': 204 };",
    'if (answer.status === 404) stop();',
    'if (500 <= error.statusCode) stop();',
    'switch (answer.status) { case 503: break; }',
    'const httpStatus = (500);',
    'function f(status = 400) {}',
    'reply.statusCode = 409;',
  ])('are found in a use case: %s', (text) => {
    expect(httpNumbers(useCase, `\n${text}`)).toEqual([`${useCase}:2`]);
    expect(httpNumbers(useCase.replace('app/tasks', 'adapters/postgres'), text)).toHaveLength(1);
    expect(httpNumbers(useCase.replace('app/tasks', 'adapters/http/tasks'), text)).toEqual([]);
  });

  it.each([
    'if (result.exitCode === 125) stop();',
    'const limit = 200;',
    "const job = { status: 'failed' };",
    'const counts = { statuses: 404 };',
    'const node = { status: 7 };',
  ])('are not seen where there are none: %s', (text) => {
    expect(httpNumbers(useCase, text)).toEqual([]);
  });
});
