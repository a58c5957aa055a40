import { describe, expect, it } from 'vitest';
import { modelIn, restrictedBody } from './job-request.ts';

const restricted = (body: Record<string, unknown>) => restrictedBody(body, 'm:1');

describe('the body of a request of a job', () => {
  it('keeps what it is about', () => {
    const body = {
      model: 'm',
      prompt: 'p',
      messages: [{ role: 'user' }],
      stream: false,
      think: true,
    };
    expect(restricted(body)).toEqual({ ...body, model: 'm:1' });
  });

  it.each([60, 600, '1m', '90s', '10m'])('may have its model kept for %j', (keep_alive) => {
    expect(restricted({ keep_alive })).toEqual({ model: 'm:1', keep_alive });
  });

  it.each([
    0,
    -1,
    1,
    601,
    1e9,
    Number.NaN,
    '0',
    '-1',
    '-1m',
    '5',
    '24h',
    '',
    'x',
    null,
    true,
    ['5m'],
  ])('may not have it kept for %j', (keep_alive) =>
    expect(restricted({ keep_alive })).toEqual({ model: 'm:1' }),
  );

  it('has options of the list, within their ranges', () => {
    const allowed = { temperature: 0.5, num_ctx: 4096, seed: 7, stop: ['a'], top_k: 40 };
    const refused = {
      num_gpu: 0,
      num_thread: 64,
      num_batch: 1,
      use_mmap: false,
      num_predict: -1,
      top_p: 2,
      min_p: '0.1',
      repeat_last_n: 1.5,
      NUM_CTX: 1e6,
      constructor: 1,
      toString: 1,
    };
    expect(restricted({ options: { ...allowed, ...refused } })).toEqual({
      model: 'm:1',
      options: allowed,
    });
    expect(restricted({ options: { num_ctx: 1e6 } })).toEqual({ model: 'm:1', options: {} });
    for (const options of [null, 'x', 5, []]) {
      expect(restricted({ options })).toEqual({ model: 'm:1', options: {} });
    }
  });

  it.each(['Model', 'MODEL', 'Name', 'Keep_Alive', '\u212Aeep_alive', 'option\u017F', 'OPTIONS'])(
    'says nothing twice, in another spelling: %s',
    (name) => expect(restricted({ model: 'm', [name]: 'other' })).toEqual({ model: 'm:1' }),
  );

  it('names a model, by its old name where there is no other', () => {
    expect(modelIn({ model: 'a', name: 'b' })).toBe('a');
    expect(modelIn({ model: '', name: 'b' })).toBe('b');
    expect([modelIn({}), modelIn({ model: 5 }), modelIn({ model: ['a'] })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
