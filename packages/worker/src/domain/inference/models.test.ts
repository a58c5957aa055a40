import { describe, expect, it } from 'vitest';
import { type ModelState, modelForJobs } from './models.ts';

const model = (
  modelRef: string,
  sizeBytes?: number,
  capabilities?: readonly string[],
  status: ModelState['status'] = 'available',
): ModelState => ({
  modelRef,
  status,
  traits: {
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(capabilities !== undefined && { capabilities }),
  },
});

describe('the model that jobs are told', () => {
  it.each<[string, readonly ModelState[], string | undefined]>([
    ['none where there is none', [], undefined],
    ['the largest', [model('a:1', 1), model('b:1', 3), model('c:1', 2)], 'b:1'],
    ['the first where sizes are not known', [model('a:1'), model('b:1')], 'a:1'],
    [
      'one that completes text',
      [model('e:1', 9, ['embedding']), model('a:1', 1, ['completion'])],
      'a:1',
    ],
    ['one of an older service that says nothing of abilities', [model('a:1', 1)], 'a:1'],
    ['no model that is not there', [model('a:1', 1, undefined, 'loading')], undefined],
  ])('is %s', (_what, models, told) => {
    expect(modelForJobs(models)).toBe(told);
  });
});
