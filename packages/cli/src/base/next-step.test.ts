import { GatewayError } from '@cynodeai/api-client';
import { describe, expect, it } from 'vitest';
import { nextStep } from './next-step.ts';

const refused = new GatewayError('auth', 'no', { status: 401 });

describe('a login that is named', () => {
  it.each([
    [{}, ''],
    [{ gateway: 'http://far:1' }, ' --gateway http://far:1'],
    [{ context: 'far' }, ' --context far'],
    [{ context: 'local' }, ' --context local'],
    [{ gateway: 'http://far:1', context: 'far' }, ' --gateway http://far:1 --context far'],
  ])('is of the gateway that was asked: %j', (named, flags) => {
    for (const hasToken of [false, true]) {
      const next = nextStep(refused, { path: ['task', 'list'], hasToken, named });
      expect(next?.endsWith(`: cynork auth login${flags}`), next).toBe(true);
    }
  });
});
