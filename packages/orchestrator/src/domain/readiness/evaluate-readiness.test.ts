import { describe, expect, it } from 'vitest';
import type { NodeFacts } from '../dispatch/node-facts.ts';
import { type ReadinessFacts, evaluateReadiness } from './evaluate-readiness.ts';

const able: NodeFacts = {
  nodeId: 'i',
  slug: 'n',
  enabled: true,
  status: 'active',
  ackStatus: 'applied',
  connectivityAcked: true,
  hasUrl: true,
  hasToken: true,
  labels: [],
  sandboxSupported: true,
  maxConcurrency: 1,
  inference: { supported: true, disabled: false, answering: true, ordered: false },
  running: 0,
};
const codes = (facts: ReadinessFacts) => evaluateReadiness(facts).map((reason) => reason.code);

describe('readiness (contract 01 section 6, REQ-ORCHES-0119)', () => {
  it('stops at a database that is away or of another version', () => {
    expect(codes({ database: 'unavailable' })).toEqual(['database_unavailable']);
    const outdated = { database: 'outdated', expectedVersion: '0007' } as const;
    expect(evaluateReadiness({ ...outdated, schemaVersion: undefined })[0]?.message).toBe(
      'database schema not current: found none, need 0007',
    );
    expect(codes({ ...outdated, schemaVersion: '0006' })).toEqual(['schema_not_current']);
  });

  it('names every reason in order', () => {
    const facts = (nodes: NodeFacts[], pmModelSelected: boolean) =>
      codes({ database: 'current', nodes, pmModelSelected });
    expect(facts([], false)).toEqual(['no_inference_path', 'pm_model_not_selected']);
    expect(facts([{ ...able, enabled: false }], true)).toEqual(['no_inference_path']);
    expect(facts([able], false)).toEqual(['pm_model_not_selected']);
    expect(facts([able], true)).toEqual([]);
  });
});
