import { expect, it } from 'vitest';
import { dispatchSettings } from './dispatch-settings.ts';

const unset = {
  leaseMs: 60_000,
  maxAttempts: undefined,
  maxRefusals: 10,
  defaultImage: 'docker.io/library/bash:latest',
  maxJobSeconds: undefined,
};

it('settings of a claim have defaults where none is stored or one is of a wrong type', () => {
  expect(dispatchSettings(null)).toEqual(unset);
  const odd = {
    'dispatch.lease_ttl_seconds': '5',
    'dispatch.max_attempts': 1.5,
    'dispatch.max_refusals': 0,
    'sandbox.default_image': '',
  };
  expect(dispatchSettings(odd)).toEqual(unset);
  const set = {
    'dispatch.lease_ttl_seconds': 5,
    'dispatch.max_attempts': 2,
    'dispatch.max_refusals': 3,
    'sandbox.default_image': 'image',
  };
  expect(dispatchSettings(set)).toMatchObject({
    leaseMs: 5000,
    maxAttempts: 2,
    maxRefusals: 3,
    defaultImage: 'image',
  });
});
