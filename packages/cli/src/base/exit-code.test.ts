import { GatewayError } from '@cynodeai/api-client';
import { TaskInputError } from '@cynodeai/api-client/task-input';
import { describe, expect, it } from 'vitest';
import { CliError, notLoggedIn } from './cli-error.ts';
import { exitCodeOf, isSignal } from './exit-code.ts';
import { failureText } from './failure-text.ts';

describe('exitCodeOf (REQ-CLIENT-0156)', () => {
  it.each([
    [new CliError('usage', ''), 2],
    [new TaskInputError(''), 2],
    [notLoggedIn('cynork auth login'), 3],
    [new GatewayError('auth', ''), 3],
    [new GatewayError('not_found', ''), 4],
    [new GatewayError('conflict', ''), 5],
    [new GatewayError('validation', ''), 6],
    [new GatewayError('gateway', ''), 7],
    [new CliError('internal', ''), 8],
    [new TypeError('a defect'), 8],
    ['anything', 8],
    [new CliError('hung_up', ''), 129],
    [new CliError('interrupted', ''), 130],
    [new CliError('terminated', ''), 143],
  ])('%s is %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
    expect(isSignal(error)).toBe(code > 128);
  });
});

describe('failureText', () => {
  it('adds what the gateway answered with', () => {
    expect(failureText(new Error('plain'))).toBe('plain');
    expect(failureText(new GatewayError('auth', 'no', { status: 401 }))).toBe('no (HTTP 401)');
    expect(failureText(new GatewayError('auth', 'no', { status: 401, requestId: 'r' }))).toBe(
      'no (HTTP 401, request r)',
    );
  });
});
