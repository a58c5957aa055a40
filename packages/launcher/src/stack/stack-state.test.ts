import { describe, expect, it } from 'vitest';
import { type StackState, parseStackState } from './stack-state.ts';

const state: StackState = {
  version: 1,
  supervisor: { pid: 10, startTicks: 5 },
  stamp: 'abc',
  startedAt: '2026-11-20T10:00:00.000Z',
  gatewayUrl: 'http://127.0.0.1:8080',
  controlPlaneUrl: 'http://127.0.0.1:12082',
  workerUrl: 'http://127.0.0.1:12090',
  proves: true,
  inference: { kind: 'demo' },
  roles: [
    {
      name: 'node',
      phase: 'running',
      process: { pid: 11, startTicks: 6 },
      since: '2026-11-20T10:00:01.000Z',
      restarts: 2,
      failuresInARow: 1,
      lastEnd: 'exited with 1',
    },
  ],
};

describe('the state of a stack', () => {
  it('survives being written and read', () => {
    expect(parseStackState(JSON.stringify(state))).toEqual(state);
  });

  it.each([
    ['an empty file', ''],
    ['half a file', '{"version":1,'],
    ['a later version', JSON.stringify({ ...state, version: 2 })],
    ['a state without supervisor', JSON.stringify({ ...state, supervisor: undefined })],
    ['an unknown role', JSON.stringify({ ...state, roles: [{ name: 'x' }] })],
  ])('is taken for none when the file is %s', (_what, text) => {
    expect(parseStackState(text)).toBeUndefined();
  });
});
