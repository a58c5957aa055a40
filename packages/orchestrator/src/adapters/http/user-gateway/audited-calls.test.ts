import { describe, expect, it } from 'vitest';
import { auditRow } from '../../../app/audit/record.ts';
import { answerOf } from './audited-calls.ts';

function row(statusCode: number) {
  const entry = { operation: 'tasks.get', action: 'task.read', resource: 'task' } as const;
  const call = { requestId: 'a', ip: '::1', entry, elapsedMs: () => 1.6 };
  return auditRow(call, undefined, { resourceId: undefined }, answerOf(statusCode), new Date(0));
}

describe('the audit row of an answer', () => {
  it('calls every hidden or refused answer a denial and rounds the time', () => {
    expect(row(404)).toMatchObject({ decision: 'deny', durationMs: 2, statusCode: 404 });
    expect([401, 403, 429].map((status) => row(status).decision)).toEqual(['deny', 'deny', 'deny']);
    expect([200, 400, 409, 503].map((status) => row(status).decision)).toEqual([
      'allow',
      'allow',
      'allow',
      'allow',
    ]);
  });
});
