import { limits } from '@cynodeai/contracts/common';
import { inputModeSchema, logStreamSchema, taskStatusSchema } from '@cynodeai/contracts/gateway';
import { describe, expect, it } from 'vitest';
import { createFlags, listFlags, logsFlags } from './flags.ts';

describe('flags are written out so that help needs no contract, and agree with it', () => {
  it.each([
    ['states', listFlags.status.choices, taskStatusSchema.options],
    ['input modes', createFlags.inputMode.choices, inputModeSchema.options],
    ['streams', logsFlags.stream.choices, logStreamSchema.options],
    ['page size', [listFlags.limit.min, listFlags.limit.max], [limits.pageMin, limits.pageMax]],
  ])('%s', (_title, written, contract) => {
    expect(written).toEqual(contract);
  });
});
