import { describe, expect, it } from 'vitest';
import { ordersInference, readConfiguration } from './configuration.ts';

const version = '01HZZZZZZZZZZZZZZZZZZZZZZZ';
const context = { slug: 'a', lastApplied: undefined };
const config = {
  version: 1,
  config_version: version,
  issued_at: '2026-01-01T00:00:00Z',
  node_slug: 'a',
  orchestrator: {
    base_url: 'http://o:1',
    endpoints: { worker_api_target_url: 'http://n:1', node_report_url: 'http://o:1/r' },
  },
  worker_api: { orchestrator_bearer_token: 'x'.repeat(43) },
};
const read = (change: object, lastApplied?: string) =>
  readConfiguration(JSON.stringify({ ...config, ...change }), { slug: 'a', lastApplied });

describe('a fetched configuration', () => {
  it('is accepted with fields of a later version in it (REQ-WORKER-0136)', () => {
    const reading = read({ managed_services: { anything: true }, sandbox_registries: [] });
    expect(reading).toMatchObject({ outcome: 'accepted', config: { config_version: version } });
  });

  it.each([
    ['01HZZZZZZZZZZZZZZZZZZZZZZY', 'accepted'],
    [version, 'accepted'],
    ['01J00000000000000000000000', 'rejected'],
  ])('after version %s is %s', (lastApplied, outcome) => {
    expect(read({}, lastApplied).outcome).toBe(outcome);
  });

  it.each(['', 'null', '7', '"text"', '{'])('is rejected when it is %j', (text) => {
    expect(readConfiguration(text, context)).toMatchObject({
      outcome: 'rejected',
      fault: { type: 'unparsable_configuration' },
    });
  });

  it.each([
    [undefined, 'received payload version none; supported: 1'],
    [2, 'received payload version 2; supported: 1'],
  ])('of payload version %s names both versions (REQ-WORKER-0138)', (payloadVersion, message) => {
    expect(read({ version: payloadVersion })).toEqual({
      outcome: 'rejected',
      configVersion: version,
      fault: { type: 'unsupported_payload_version', message },
    });
  });

  it('is rejected by path and never by value', () => {
    const reading = read({
      version: '1',
      worker_api: { orchestrator_bearer_token: 'short-secret' },
    });
    expect(reading).toMatchObject({ fault: { type: 'invalid_configuration' } });
    expect(JSON.stringify(reading)).toContain('worker_api.orchestrator_bearer_token');
    expect(JSON.stringify(reading)).not.toContain('short-secret');
    expect(readConfiguration('[]', context)).toMatchObject({ outcome: 'rejected' });
  });

  it.each([
    [undefined, false],
    [{ enabled: false }, false],
    [{ enabled: true }, true],
    [{}, true],
  ])('with inference_backend %j orders inference: %s', (backend, expected) => {
    const reading = read({ inference_backend: backend });
    expect(reading.outcome === 'accepted' && ordersInference(reading.config)).toBe(expected);
  });
});
