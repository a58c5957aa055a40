import { describe, expect, it } from 'vitest';
import { answerOfFault, answerOfHttp } from './worker-answer.ts';

const http = (status: number, body: unknown) =>
  answerOfHttp({
    status,
    headers: {},
    text: typeof body === 'string' ? body : JSON.stringify(body),
  });
const coded = (code: string, cause?: unknown) => Object.assign(new Error('x', { cause }), { code });

describe('answers of a node', () => {
  it('are results only when they have the form of one', () => {
    const result = {
      version: 1,
      task_id: '00000000-0000-4000-8000-000000000001',
      job_id: '00000000-0000-4000-8000-000000000002',
      status: 'completed',
      exit_code: 0,
      stdout: '',
      stderr: '',
      started_at: '2026-01-01T00:00:00Z',
      ended_at: '2026-01-01T00:00:00Z',
      truncated: { stdout: false, stderr: false },
      future: 1,
    };
    expect(http(200, result)).toEqual({ kind: 'result', result });
    expect(http(200, { ...result, stdout: 1 })).toMatchObject({
      kind: 'lost',
      message: 'the answer is not a job result (stdout)',
    });
    expect(http(200, '<html>')).toMatchObject({ message: 'the answer is not a job result' });
  });

  it('keep what a problem says, bounded', () => {
    const problem = { type: 'urn:cynodeai:error:node_at_capacity', title: 'T', status: 429 };
    expect(http(429, problem)).toEqual({
      kind: 'refused',
      refusal: 'busy',
      status: 429,
      problem: 'node_at_capacity',
      detail: 'T',
    });
    expect(http(500, 'oops')).toEqual({
      kind: 'refused',
      refusal: 'fault',
      status: 500,
      problem: undefined,
      detail: undefined,
    });
    const long = http(503, { ...problem, status: 503, detail: 'a\u0000'.repeat(5000) });
    expect(long.kind === 'refused' && Buffer.byteLength(long.detail ?? '')).toBeLessThanOrEqual(
      2048,
    );
  });
});

describe('faults of a call', () => {
  it('before anything was sent are told apart from those after', () => {
    expect(answerOfFault(coded('ECONNREFUSED'))).toEqual({
      kind: 'unsent',
      message: 'ECONNREFUSED',
    });
    expect(answerOfFault(coded('UND_ERR_CONNECT_TIMEOUT')).kind).toBe('unsent');
    expect(answerOfFault(new Error('fetch', { cause: coded('ENOTFOUND') })).kind).toBe('unsent');
    const both = Object.assign(new Error('all'), {
      errors: [coded('ECONNREFUSED'), coded('ENETUNREACH')],
    });
    expect(answerOfFault(both).kind).toBe('unsent');
    expect(answerOfFault(coded('UND_ERR_SOCKET', coded('ECONNREFUSED')))).toMatchObject({
      kind: 'lost',
      message: 'the connection was lost before the answer (UND_ERR_SOCKET)',
    });
    expect(answerOfFault(coded('ECONNRESET'))).toMatchObject({ kind: 'lost' });
    expect(answerOfFault('odd')).toMatchObject({ kind: 'lost' });
  });

  it('name the deadline and an answer that is too large', () => {
    expect(answerOfFault(new DOMException('late', 'TimeoutError'))).toMatchObject({
      kind: 'lost',
      message: 'no answer within the job deadline',
    });
    expect(answerOfFault(new RangeError('larger'))).toMatchObject({});
  });
});
